// `address_last` with real daemons: a third machine that wants to connect, a service that takes its time.

import Failover
import Linux
import Testing

@testable import Daemon

@Suite struct AddressGateTests {
    @Test func whatBeginsIsClosedUntilItIsActiveOrNothingOfItRuns() {
        func closed(_ before: Set<Int>, _ phase: GroupPhase) -> Bool {
            AddressGate.closed(before, [.standby, phase]).contains(1)
        }
        for phase in GroupPhase.allCases {
            switch phase {
            case .claiming, .starting: #expect(closed([], phase) && closed([1], phase))
            case .active, .standby, .offered, .failed, .unknown:
                #expect(!closed([], phase) && !closed([1], phase))
            // A start that failed opens nothing while it is undone; what served goes on until it is gone.
            case .stopping, .unsafe, .suspended: #expect(!closed([], phase) && closed([1], phase))
            }
        }
        #expect(AddressGate.closed([7], [.stopping]) == [])
    }
}

@Suite(
    "Addresses opened last",
    .serialized,
    .enabled(if: ClientMachine.isPossible, Laboratory.skipped)
)
struct AddressLastTests {
    /// Whether a connection comes about within a second.
    private static func reaches(_ client: ClientMachine) throws -> Bool {
        let child = try client.perl(
            """
            use IO::Socket::IP;
            print IO::Socket::IP->new(PeerHost => "\(LaboratoryPair.address)", PeerPort => 7777, Timeout => 1)
                ? "reached\\n" : "no\\n";
            """
        )
        return try Laboratory.finish(child).text == "reached\n"
    }

    @Test(
        "A client reaches the address once everything of the group runs",
        arguments: [true, false]
    )
    func opensLast(isOn: Bool) throws {
        let pair = try LaboratoryPair()
        let client = try ClientMachine(behind: pair.l0)
        defer { client.remove() }
        for node in [pair.l0, pair.l1] {
            if isOn { try node.append("ha.cf", "address_last on\n") }
            try node.writeScript(
                "two",
                before:
                    "[ $action != start ] || while [ ! -e $BATON_RUN/may ]; do sleep 0.1; done"
            )
        }
        try pair.tell(isStarted: false) { l0, l1 in
            _ = try client.serve(on: l0)
            for node in [l0, l1] { try node.start() }
            try l0.wait(until: .acquiring)
            try Laboratory.wait(for: "the address") {
                try l0.has(LaboratoryPair.address) ? () : nil
            }
            #expect(try Self.reaches(client) == !isOn)
            try l0.write("../run/may", "")
            try l0.wait(until: .active)
            try Laboratory.wait(for: "a connection") { try Self.reaches(client) ? () : nil }
            #expect(
                l0.output.contains("address_last: \(LaboratoryPair.address): open to clients")
                    == isOn
            )
        }
    }
}
