// `hvmail_make_primary` and `hvmail_make_secondary` as GreenArrow's pages describe them ("Self Managed High Availability
// Clusters", Failover, Reboots): they wait, may be run again after a failure, change nothing where nothing is to change, and
// only one server is ever Primary. They are ours to decide no more than `takeover` and `standby` are: the daemons do.

import Failover
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
        let status = try client.status()
        // At boot nothing was looked at yet, and nothing is claimed before it was (S14).
        if status.groups.allSatisfy({ $0.state == .standby || $0.state == .unknown }) {
            return Output.write("This server is a Secondary already.\n")
        }
        try order(.standby(.all), client)
        Output.write("This server is a Secondary now.\n")
    }

    private func order(_ request: ControlRequest, _ client: ControlClient) throws {
        try client.perform(
            request,
            isWaiting: true,
            timeoutMilliseconds: WaitingOptions.standardTimeoutMilliseconds
        )
    }
}
