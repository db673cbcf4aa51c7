// `hvmail_make_primary` and `hvmail_make_secondary` as GreenArrow's pages describe them ("Self Managed High Availability
// Clusters", Failover, Reboots): they wait, may be run again after a failure, change nothing where nothing is to change, and
// only one server is ever Primary. They are ours to decide no more than `takeover` and `standby` are: the daemons do.

import Failover
import Linux
import Reporting
import Wire

struct GreenArrowRole {
    /// How the command was called.
    let calledAs: String
    let isPrimary: Bool

    /// Carries the command out and gives its exit code: 0 where this server has the role in the end.
    func run(_ arguments: [String]) -> Int32 {
        guard arguments.isEmpty else {
            Output.error("usage: \(calledAs)")
            return ExitStatus.usage.rawValue
        }
        return Ending.code(calledAs: calledAs) {
            try isPrimary ? becomePrimary(.standard) : becomeSecondary(.standard)
        }
    }

    private func becomePrimary(_ client: ControlClient) throws {
        let status = try client.status()
        if status.groups.allSatisfy({ $0.state == .active }) {
            return Output.write("This server is the Primary already.\n")
        }
        let peer = status.peer.name
        if let group = status.groups.first(where: { $0.owner == peer && $0.state != .active }) {
            throw Ending(
                .refused,
                "\(calledAs): refused: \(peer) is the Primary (\(group.name) runs there), and only one server can be. "
                    + "On \(peer), type first: hvmail_make_secondary"
            )
        }
        try order(.takeover(.all), client)
        Output.write("This server is the Primary now.\n")
    }

    private func becomeSecondary(_ client: ControlClient) throws {
        let status = try knownStatus(client)
        if status.groups.allSatisfy({ $0.state == .standby }) {
            return Output.write("This server is a Secondary already.\n")
        }
        try order(.standby(.all), client)
        Output.write("This server is a Secondary now.\n")
    }

    /// The status once every group was looked at: before that, whatever an earlier daemon left may run here (S14).
    private func knownStatus(_ client: ControlClient) throws -> Status {
        let patience = WaitingOptions.standardTimeoutMilliseconds
        let deadline = BootClock.now + patience * 1_000_000
        while true {
            let status = try client.status()
            guard let group = status.groups.first(where: { $0.state == .unknown }) else {
                return status
            }
            guard BootClock.now < deadline else {
                throw Ending(
                    .timedOut,
                    "\(calledAs): whether \(group.name) runs here is not known within "
                        + "\(ageText(milliseconds: patience)); see: baton status"
                )
            }
            Pause.wait(500_000_000)
        }
    }

    private func order(_ request: ControlRequest, _ client: ControlClient) throws {
        try client.perform(
            request,
            isWaiting: true,
            timeoutMilliseconds: WaitingOptions.standardTimeoutMilliseconds
        )
    }
}
