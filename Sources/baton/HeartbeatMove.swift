// `hb_standby` and `hb_takeover` as Heartbeat 3.0.6 has them: same arguments, same usage text and exit code 1 for
// wrong ones. Where Heartbeat only queued the wish and always said 0, these wait and exit with what came of it
// (the codes of `ExitStatus`). `hb_takeover failback`, which Heartbeat took for `all`, takes home what is away.

import Failover
import Wire

struct HeartbeatMove {
    /// How the usage text calls the command.
    let calledAs: String
    let isTakeover: Bool

    /// Carries the command out and gives its exit code.
    func run(_ arguments: [String]) -> Int32 {
        if arguments.count > 1 { return usage("\(calledAs): too many arguments") }
        guard let scope = scope(of: arguments.first ?? "all") else {
            let word = arguments[0]
            return usage(word == "--help" ? nil : "\(calledAs): wrong resources(\(word)).")
        }
        return Ending.code(calledAs: calledAs) {
            try ControlClient.standard.perform(
                isTakeover ? .takeover(scope) : .standby(scope, cause: Caller.monitor),
                isWaiting: true,
                timeoutMilliseconds: WaitingOptions.standardTimeoutMilliseconds
            )
        }
    }

    private func scope(of word: String) -> Scope? {
        switch word {
        case "all": .all
        case "local": .local
        case "foreign": .foreign
        // The man page of hb_standby: "foreign|failback".
        case "failback": isTakeover ? .failback : .foreign
        default: nil
        }
    }

    private func usage(_ complaint: String?) -> Int32 {
        Output.write((complaint.map { $0 + "\n" } ?? "") + "usage:\n")
        Output.error("\(calledAs) [all|foreign|local|failback]")
        return 1
    }
}
