// `baton-simulate faults`: layout only; what is tried is in `Simulation`.

import Failover
import Glibc
import Simulation

/// Prints which faults give two holders, as the documentation shows it: one table for each topology, one column for each
/// plan.
func printFaults() -> Never {
    var isGood = true
    if CommandLine.arguments.contains("--show") { let a = CommandLine.arguments; for l in FaultPlan(topology: Topology(rawValue: a[3])!).show(a[4], lasts: Int64(a[5])! * 1_000_000, luck: Int(a[6])!) { print(l) }; exit(0) }
    if CommandLine.arguments.contains("--blips") { printBlips(); exit(0) }
    for topology in [Topology.one, .two, .shared] {
        let tables = FaultPlan.documented.filter { $0.topology == topology }.map { FaultTable($0) }
        print("### \(topology.text)\n")
        print(
            "| fault, or two together | kind |\(tables.map { " \($0.plan.columnText) |" }.joined())"
        )
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
        print("")
        let tried = tables.map { "\($0.tried.single) faults and \($0.tried.double) pairs" }
        print("Tried: \(tried.joined(separator: "; ")).\n")
        for violation in tables.compactMap(\.violation) {
            print("broken: \(violation)")
            isGood = false
        }
    }
    exit(isGood ? 0 : 1)
}
func printBlips() {
    print("### Moments shorter than deadtime that move a group\n")
    for early in [EarlyTakeover.auto, .on, .off] {
        for topology in [Topology.one, .two, .shared] {
            let table = BlipTable(FaultPlan(topology: topology, earlyTakeover: early))
            let name = "\(topology.text), `early_takeover \(early.rawValue)`"
            print("- \(name): \(table.rows.isEmpty ? "none" : "")")
            for row in table.rows {
                let tenths = "\(row.shortest / 10) %"
                print(
                    "  - \(row.faults.joined(separator: "; ")): from \(tenths) of deadtime"
                        + (row.gaveTwo ? ", two holders meanwhile" : "")
                )
            }
        }
    }
}

private func cell(_ row: FaultTable.Row?) -> String {
    guard let row else { return "–" }
    return switch (row.ofAddresses, row.ofStorage) {
    case (true, true): "any group"
    case (true, false): "addresses"
    case (false, _): "storage"
    }
}
