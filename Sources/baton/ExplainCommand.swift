// `baton explain`: why the last move, why no move now, with the facts of both nodes. The text is Reporting's.

import ArgumentParser
import Failover
import Linux
import Reporting
import Wire

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract:
            "Tell why the groups are where they are: what both nodes decided lately, and why.",
        discussion: """
            First why things are as they are, as each node sees it, then what keeps a group where it is, then the \
            last decisions of both nodes with their time, their rule and the facts they used. A node remembers \
            200 since its daemon started; the log has all of them.
            """
    )

    @Argument(
        help: ArgumentHelp(
            "Which group.",
            discussion:
                "By its name, its bare address, or as much of the name as no other group shares; else all.",
            valueName: "group"
        )
    )
    var group: String?

    @Option(
        name: .customLong("last"),
        help: ArgumentHelp("How many decisions to show.", valueName: "n")
    )
    var last = 20

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard last >= 1 else { throw ValidationError("--last must be at least 1.") }
    }

    func run() throws {
        let client = ControlClient(global)
        let status = try client.status()
        var name: GroupName?
        if let group, case .group(let found) = try ScopeArgument.group(group, in: status) {
            name = found
        }
        let own = try client.explanation(name)
        let peer = try client.peerExplanation(name)
        if global.json {
            Output.write(ControlCoding.text(own, peer: peer) + "\n")
            return
        }
        let look = OutputLook()
        let now = WallClock.now
        let writer = ExplanationText(width: look.width, usesColor: look.usesColor) { ago in
            Moment.text(milliseconds: ago, before: now)
        }
        Output.write(
            writer.text(
                of: own,
                peer: peer.mapError { PeerSilence(node: status.peer.name, why: $0.text) },
                count: last
            )
        )
    }
}

/// Moments as people read them.
enum Moment {
    /// The moment so long before `now`, which is nanoseconds since 1970.
    ///
    /// The other node may claim any; one before 1970, or to come, is shown as the nearest that is neither.
    static func text(milliseconds: Int64, before now: Int64) -> String {
        text(now - min(max(0, milliseconds), now / 1_000_000) * 1_000_000)
    }

    /// `2031-05-09 14:03:07`, local time, of nanoseconds since 1970.
    static func text(_ nanoseconds: Int64) -> String {
        let time = WallClock.localTime(atSecond: nanoseconds / 1_000_000_000)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(time.year)-\(two(time.month))-\(two(time.day)) "
            + "\(two(time.hour)):\(two(time.minute)):\(two(time.second))"
    }
}
