// `baton-simulate faults`: layout only; what is tried is in `Simulation`.

import Failover
import Glibc
import Simulation

private let topologies: [Topology] = [.one, .two, .shared]

/// Prints which faults give two holders, and which moments an early verdict misjudges, as the documentation shows it
/// (`Faults.md` of `Failover`).
func printFaults() -> Never {
    var isGood = true
    for topology in topologies {
        let tables = FaultPlan.documented.filter { $0.topology == topology }.map { FaultTable($0) }
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
    printBlips()
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

private func printBlips() {
    print("### Moments shorter than deadtime that an early verdict misjudges\n")
    for early in [EarlyTakeover.auto, .off] {
        for topology in topologies {
            let table = BlipTable(FaultPlan(topology: topology, earlyTakeover: early))
            let name = "\(topology.text), `early_takeover \(early.rawValue)`"
            print("- \(name):\(table.rows.isEmpty ? " none" : "")")
            for row in table.rows {
                print(
                    "  - \(row.faults.joined(separator: "; ")): from \(row.shortest) % of deadtime"
                        + (row.gaveTwo ? ", two holders meanwhile" : "")
                )
            }
        }
    }
}
