// tcp.monitor as a program, beside mon's own.

import Foundation
import Testing

@Suite struct TCPMonitorTests {
    static let original = "/usr/lib/mon/mon.d/tcp.monitor"

    @Test func aNameOfSeveralAddressesServesWhenOneDoes() throws {
        let server = try TCPServer()
        #expect(
            try monitor("tcp.monitor", "-p\(server.port)", "localhost")
                == Ended(code: 0, output: "")
        )
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: original),
            "mon is not installed"
        )
    )
    func itSaysWhatMonsMonitorSays() throws {
        let server = try TCPServer()
        let silent = try TCPServer(backlog: 0)
        let filler = try TCPClient(silent.port)
        let closed = try TCPServer(backlog: nil)
        for (port, hosts) in [
            (server.port, ["127.0.0.1", "127.0.0.2"]), (closed.port, ["127.0.0.2", "127.0.0.1"]),
            (silent.port, ["127.0.0.1"]), (closed.port, ["localhost"]),
        ] {
            let words = ["-p", "\(port)", "-t", "1"] + hosts
            let ours = try Running(Program.monitor, ["tcp.monitor"] + words).end()
            // Foundation blocks signals in what it runs, and mon's deadline is a signal.
            let unblock =
                "use POSIX; sigprocmask(SIG_UNBLOCK, POSIX::SigSet->new(SIGALRM)); exec @ARGV"
            let perl = ["-e", unblock, Self.original] + words
            #expect(try ours == Running("/usr/bin/perl", perl).end())
        }
        withExtendedLifetime(filler) {}
    }

    @Test func aNameThatNobodyKnowsIsNoFailure() throws {
        let ended = try monitor("tcp.monitor", "-t1", "-p1", "no-such-host.invalid")
        #expect(ended.code == 126 || ended.code == SIGALRM)
        if ended.code == 126 {
            #expect(
                ended.output.hasPrefix(
                    "no-such-host.invalid: cannot find the address of 'no-such-host.invalid': "
                )
            )
        }
    }

    @Test func theDeadlineIsOneForAllHosts() throws {
        let silent = try TCPServer(backlog: 0)
        let filler = try TCPClient(silent.port)
        let begin = ContinuousClock.now
        let ended = try monitor(
            "tcp.monitor",
            "-p\(silent.port)",
            "-t0.5",
            "127.0.0.1",
            "127.0.0.2"
        )
        #expect(ended.code == 1)
        #expect(ended.output == "127.0.0.1 127.0.0.2\n\n127.0.0.1 timeout\n127.0.0.2 timeout\n")
        #expect(ContinuousClock.now - begin < .seconds(30))
        withExtendedLifetime(filler) {}
    }
}
