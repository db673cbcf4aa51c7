// `outdate-peer`: the program that DRBD's kernel starts before a node goes on without the other (`fence-peer`), and waits
// for. It asks batond and ends by DRBD's own exit codes; whatever it cannot do itself must look like none of its answers.

import ArgumentParser
import Failover
import Linux
import Reporting

struct OutdatePeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outdate-peer",
        abstract:
            "Have the other node mark its copy of a DRBD resource as old: DRBD's fence-peer handler.",
        discussion: """
            In drbd.conf: handlers { fence-peer "/usr/sbin/baton outdate-peer"; }. DRBD calls it, when a primary has \
            lost its connection, or when a node becomes primary without one. It exits with DRBD's codes: 3 the other copy \
            is inconsistent, 4 it is outdated now, 5 the other node is not there, 6 the other node has it in use, so that \
            the copy here is the old one, 1 nothing is known, and nothing was done. The name is that of $DRBD_RESOURCE, \
            where none is given. It never touches the DRBD resource of this node.
            """
    )

    /// For how long "not yet" is asked again: the other side of a cut notices it up to some seconds later.
    static let patience: Int64 = 10_000_000_000
    /// For how long a daemon is waited for that does not answer: its keeper starts it again.
    static let daemonPatience: Int64 = 3_000_000_000
    /// Between two tries.
    static let pause: Int64 = 300_000_000

    @Argument(
        help: ArgumentHelp(
            "The DRBD resource.",
            discussion: "Else $DRBD_RESOURCE.",
            valueName: "resource"
        )
    )
    var resource: String?

    @OptionGroup var global: GlobalOptions

    func run() throws {
        guard let name = resource ?? Environment.value("DRBD_RESOURCE"), !name.isEmpty else {
            throw Ending(
                .usage,
                "baton: which resource? DRBD names it in $DRBD_RESOURCE; by hand: baton outdate-peer r0"
            )
        }
        let named = Environment.value("DRBD_PEERS") ?? Environment.value("DRBD_PEER") ?? ""
        // An address stands there in some versions, which is no name of a node.
        let peers = named.split(separator: " ").map(String.init).filter {
            IPAddress($0) == nil
        }
        let reply = ask(name, peers)
        let code = reply.verdict.exitCode
        if global.json {
            Output.write(try JSONText.of(Answer(reply, exit: code)) + "\n")
        } else {
            Output.write("\(reply.verdict.rawValue): \(printable(reply.text))\n")
        }
        throw ExitCode(code)
    }

    private struct Answer: Encodable {
        var exit: Int32
        var text: String
        var verdict: String

        init(_ reply: FenceReply, exit: Int32) {
            self.exit = exit
            text = reply.text
            verdict = reply.verdict.rawValue
        }
    }

    /// The answer; what goes wrong on the way to the daemon is none, whatever it is called elsewhere.
    private func ask(_ name: String, _ peers: [String]) -> FenceReply {
        let client = ControlClient(global)
        let begin = BootClock.now
        while true {
            let reply: FenceReply
            var limit = Self.patience
            do {
                reply = try client.fence(name, peers: peers)
            } catch let ending as Ending {
                reply = FenceReply(.pending, ending.text)
                limit = Self.daemonPatience
            } catch {
                reply = FenceReply(.refused, "\(error)")
            }
            let isOver = BootClock.now - begin + Self.pause >= limit
            guard reply.verdict == .pending, !isOver else { return reply }
            Pause.wait(Self.pause)
        }
    }
}
