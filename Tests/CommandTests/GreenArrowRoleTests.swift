// hvmail_make_primary and hvmail_make_secondary against a daemon of canned answers.

import Failover
import Foundation
import Synchronization
import Testing
import Wire

@Suite("GreenArrow's commands")
struct GreenArrowRoleTests {
    private func run(
        _ name: String,
        _ states: [GroupState],
        owner: String? = nil,
        _ outcome: CommandOutcome = .done,
        isFirstUnknown: Bool = false
    ) throws -> (Run, [ControlRequest]) {
        let place = try Place()
        var status = sampleStatus()
        for (index, state) in states.enumerated() {
            status.groups[index].state = state
            status.groups[index].owner = state == .active ? "l0" : owner
        }
        let told = status
        let looks = Atomic(isFirstUnknown ? 0 : 1)
        let daemon = try FakeDaemon(in: place.path) { request in
            var now = told
            if request == .status, looks.add(1, ordering: .relaxed).oldValue == 0 {
                now.groups[0].state = .unknown
            }
            return request == .status
                ? [.send(.status(now))]
                : [.send(.reply(CommandReply(outcome: outcome, text: "said")))]
        }
        let result = try baton(environment: ["BATON_RUN": place.path], calledAs: name, in: place)
        try daemon.stop()
        return (result, daemon.requests.map(\.request).filter { $0 != .status })
    }

    @Test("Primary: taken where nobody has it, refused where the other has it, nothing where it is")
    func primary() throws {
        let name = "hvmail_make_primary"
        var (result, asked) = try run(name, [.standby, .standby])
        #expect(asked == [.takeover(.all)])
        #expect(
            result == Run(code: 0, output: "said\nThis server is the Primary now.\n", errors: "")
        )
        (result, asked) = try run(name, [.active, .standby], owner: "l1")
        #expect(asked.isEmpty)
        #expect(result.code == 1)
        #expect(
            result.errors
                == "hvmail_make_primary: refused: l1 is the Primary (10.0.0.10 runs there), and only one server can be. "
                + "On l1, type first: hvmail_make_secondary\n"
        )
        (result, asked) = try run(name, [.active, .active])
        #expect(asked.isEmpty)
        #expect(result == Run(code: 0, output: "This server is the Primary already.\n", errors: ""))
        // Half done by an earlier one that failed: it is gone on with.
        (result, asked) = try run(name, [.active, .failed])
        #expect(asked == [.takeover(.all)])
        (result, asked) = try run(name, [.standby, .standby], .failed)
        #expect(result == Run(code: 3, output: "", errors: "said\n"))
    }

    @Test(
        "Secondary: given up where it runs, nothing where it does not; what is not known is waited for"
    )
    func secondary() throws {
        let name = "hvmail_make_secondary"
        var (result, asked) = try run(name, [.active, .standby])
        #expect(asked == [.standby(.all)])
        #expect(
            result == Run(code: 0, output: "said\nThis server is a Secondary now.\n", errors: "")
        )
        for isFirstUnknown in [false, true] {
            (result, asked) = try run(
                name,
                [.standby, .standby],
                owner: "l1",
                isFirstUnknown: isFirstUnknown
            )
            #expect(asked.isEmpty)
            #expect(
                result == Run(code: 0, output: "This server is a Secondary already.\n", errors: "")
            )
        }
        // A daemon that began anew finds the services running (S14).
        (result, asked) = try run(name, [.active, .standby], isFirstUnknown: true)
        #expect(asked == [.standby(.all)])
        (result, asked) = try run(name, [.failed, .standby])
        #expect(asked == [.standby(.all)])
    }

    @Test(
        "It takes no words, and without a daemon it says so",
        arguments: ["primary", "secondary"]
    )
    func words(role: String) throws {
        let place = try Place()
        let environment = ["BATON_RUN": place.path]
        let name = "hvmail_make_" + role
        let result = try baton("now", environment: environment, calledAs: name, in: place)
        #expect(result == Run(code: 2, output: "", errors: "usage: \(name)\n"))
        #expect(try baton(environment: environment, calledAs: name, in: place).code == 4)
    }
}
