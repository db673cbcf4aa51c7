// `baton-simulate faults`: layout only; what is tried is in `Simulation`.

import Failover
import Glibc
import Simulation

private let topologies: [Topology] = [.one, .two, .shared]
/// Tables at once; each is a program's minute.
private let jobs = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

/// Prints which faults give two holders, and which moments an early verdict misjudges, as the documentation shows it
/// (`Faults.md` of `Failover`).
func printFaults() async -> Never {
    var isGood = true
    let all = await concurrently(FaultPlan.documented, jobs: jobs) { FaultTable($0) }
    for topology in topologies {
        let tables = all.filter { $0.plan.topology == topology }
        printFaults(of: topology, tables)
        for table in tables {
            // What `baton check` would name for these settings: the same list.
            let unnamed = table.gaps.subtracting(table.plan.settings.protectionGaps)
            let broken = [
                table.violation, unnamed.isEmpty ? nil : "not named by check: \(unnamed)",
            ]
            for text in broken.compactMap(\.self) {
                print("broken: \(table.plan.columnText): \(text)")
                isGood = false
            }
        }
    }
    await printBlips()
    exit(isGood ? 0 : 1)
}

/// One table for a topology, one column for each plan.
private func printFaults(of topology: Topology, _ tables: [FaultTable]) {
    print("### \(topology.text)\n")
    print("| fault, or two together | kind |\(tables.map { " \($0.plan.columnText) |" }.joined())")
    print("|-|-|\(tables.map { _ in "-|" }.joined())")
    var faults: [[String]] = []
    for row in tables.flatMap(\.rows) where !faults.contains(row.faults) {
        faults.append(row.faults)
    }
    for fault in faults.filter({ $0.count == 1 }) + faults.filter({ $0.count == 2 }) {
        let rows = tables.map { table in table.rows.first { $0.faults == fault } }
        let kinds = Set(rows.compactMap { $0 }.flatMap(\.gaps)).map(\.rawValue).sorted()
        print(
            "| \(fault.joined(separator: "; ")) | \(kinds.joined(separator: ", ")) |"
                + rows.map { " \(cell($0)) |" }.joined()
        )
    }
    let tried = tables.map { "\($0.tried.single) faults and \($0.tried.double) pairs" }
    print("\nTried: \(tried.joined(separator: "; ")).\n")
}

/// What had two holders.
private func cell(_ row: FaultTable.Row?) -> String {
    guard let row else { return "–" }
    return switch (row.ofAddresses, row.ofStorage) {
    case (true, true): "any group"
    case (true, false): "addresses"
    case (false, _): "storage"
    }
}

private func printBlips() async {
    print("### Moments shorter than deadtime that an early verdict misjudges\n")
    let plans = [EarlyTakeover.auto, .off].flatMap { early in
        topologies.map { FaultPlan(topology: $0, earlyTakeover: early) }
    }
    for table in await concurrently(plans, jobs: jobs, { BlipTable($0) }) {
        let early = table.plan.earlyTakeover.rawValue
        print(
            "- \(table.plan.topology.text), `early_takeover \(early)`:\(table.rows.isEmpty ? " none" : "")"
        )
        for row in table.rows {
            print(
                "  - \(row.faults.joined(separator: "; ")): from \(row.shortest) % of deadtime"
                    + (row.gaveTwo ? ", two holders meanwhile" : "")
            )
        }
    }
}
