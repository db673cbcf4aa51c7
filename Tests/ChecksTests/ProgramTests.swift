// The program as a whole: how it is called, what it says when it is called wrongly, and what of its words
// others can see.

import Foundation
import Testing

@testable import Checks

@Suite struct ProgramTests {
    @Test func withoutWordsItSaysHowItIsUsed() throws {
        #expect(try monitor() == Ended(code: 126, output: "", errors: MonitorProgram.usage))
        #expect(try monitor("--help") == Ended(code: 0, output: MonitorProgram.usage))
        for name in MonitorProgram.names { #expect(MonitorProgram.usage.contains("\n  \(name) ")) }
    }

    @Test(
        arguments: [
            (["mail.monitor"], "mail.monitor: no such monitor; there are tcp.monitor "),
            (["tcp.monitor", "-x"], "tcp.monitor: unknown option -x\n"),
            (["tcp.monitor"], "tcp.monitor: no host to check\n"),
            (
                ["msql-mysql.monitor", "--mode", "msql", "h"],
                "msql-mysql.monitor: mSQL servers are not known"
            ),
            (["msql-mysql.monitor", "--mode=x", "h"], "msql-mysql.monitor: --mode takes mysql\n"),
            (
                ["msql-mysql.monitor", "--password", "a\u{1}b", "h"],
                "msql-mysql.monitor: the password has a control character\n"
            ),
            (
                ["postgres.monitor", "--role", "slave", "h"],
                "postgres.monitor: --role takes primary or standby\n"
            ),
            (["http.monitor", "-m", "(", "h"], "http.monitor: -m is no regular expression: '('\n"),
            (["fping.monitor", "-T", "h"], "fping.monitor: -T is not known here"),
            (["disk.monitor", "mnt"], "disk.monitor: 'mnt' is no absolute path\n"),
        ]
    )
    func wrongUseIsUnknownAndSaidOnTheErrorStream(words: [String], message: String) throws {
        let ended = try Running(Program.monitor, words).end()
        #expect(ended.code == 126)
        #expect(ended.output == "")
        #expect(ended.errors.hasPrefix(message), "\(ended.errors)")
    }

    @Test func anAnswerMovesNoTerminal() {
        let answer = MonitorAnswer([("h", .failed("\u{1b}[2J\u{9b}2J\u{7f}é"))])
        #expect(answer.output == "h\nh:  [2J 2J é\n")
    }

    @Test func theNameOfALinkIsTheMonitors() throws {
        try withDirectory { (directory: String) throws in
            let link = directory + "/disk.monitor"
            try FileManager.default.createSymbolicLink(
                atPath: link,
                withDestinationPath: Program.monitor
            )
            #expect(try Running(link, ["/nonexistent"]).end().code == 1)
            #expect(try Running(link, [directory]).end() == Ended(code: 0, output: ""))
        }
    }

    @Test func wordsMayComeByTheStandardInput() throws {
        let words = Array("disk.monitor\0/nonexistent\0".utf8)
        let ended = try Running(Program.monitor, ["--stdin"], input: words).end()
        #expect(ended.code == 1)
        #expect(ended.output.hasPrefix("/nonexistent\n"))
        let empty = try Running(Program.monitor, ["--stdin"], input: []).end()
        #expect(empty == Ended(code: 126, output: "", errors: MonitorProgram.usage))
    }

    @Test func noPasswordIsInAnError() throws {
        for words in [
            ["--password=geheim", "--mode=x", "h"], ["--password", "geheim\u{7f}", "h"],
            ["--password=/geheim-nonexistent", "h"], ["--password=geheim"],
        ] {
            let ended = try Running(Program.monitor, ["msql-mysql.monitor"] + words).end()
            #expect(ended.code == 126)
            #expect(!ended.errors.contains("geheim"), "\(ended.errors)")
        }
    }

    /// A name server that nobody answers for: the resolver would wait far beyond any deadline.
    @Test(.needsRoot) func nothingItWaitsForOutlivesTheDeadline() throws {
        try withDirectory { (directory: String) throws in
            let script = """
                ip link set lo up; ip link add v0 type veth peer name v1
                ip link set v0 up; ip link set v1 up; ip addr add 10.99.0.1/24 dev v0
                ip neigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev v0
                echo nameserver 10.99.0.2 >"$2/resolv.conf"; echo 'hosts: dns' >"$2/nsswitch.conf"
                mount --bind "$2/resolv.conf" /etc/resolv.conf
                mount --bind "$2/nsswitch.conf" /etc/nsswitch.conf
                exec "$1" http.monitor -t 1 shop.example
                """
            let begin = ContinuousClock.now
            let running = try Running(
                "/usr/bin/unshare",
                ["-nm", "sh", "-euc", script, "sh", Program.monitor, directory]
            )
            let ended = running.end()
            #expect(ended == Ended(code: SIGALRM, output: ""))
            #expect(running.process.terminationReason == .uncaughtSignal)
            #expect(ContinuousClock.now - begin < .seconds(30))
        }
    }

    @Test func outputIsBoundedAndOfPlainLines() {
        let many = (0..<1000).map { (name: "h\($0)", verdict: Verdict.failed("a\nb\u{1b}[2J")) }
        let answer = MonitorAnswer(many)
        #expect(answer.exit == 1)
        #expect(answer.output.utf8.count <= MonitorAnswer.outputMaximum)
        #expect(answer.output.contains("\nh0: a b [2J\n"))
        #expect(answer.output.split(separator: "\n").allSatisfy { $0.count <= 1000 })
    }

    @Test func aFailureOutweighsADoubtAndAnythingThatPassesOutweighsBoth() {
        #expect(Verdict.best([.unknown("u"), .failed("f")]) == .failed("f"))
        #expect(Verdict.best([.unknown("u"), .failed("f"), .passed]) == .passed)
        #expect(Verdict.best([.missing("m")]) == .missing("m"))
        let mixed = MonitorAnswer([("a", .unknown("u")), ("b", .failed("f")), ("c", .passed)])
        #expect(mixed == MonitorAnswer(exit: 1, output: "b\nb: f\na: u\n"))
        let doubts = MonitorAnswer([("a", .unknown("u")), ("b", .missing("m"))])
        #expect(doubts == MonitorAnswer(exit: 127, output: "a: u\nb: m\n"))
    }
}
