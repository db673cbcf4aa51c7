// The texts and bytes the daemon writes and reads again: the command line, paths, the operation
// record, log lines, messages between its processes.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite("The command line and the paths")
struct DaemonOptionsTests {
    @Test("Options are read as two words or one")
    func forms() {
        var wanted = DaemonOptions()
        wanted.configuration = "/c"
        wanted.state = "/s"
        wanted.run = "/r"
        wanted.node = "l0"
        let words = ["--config", "/c", "--state=/s", "--run", "/r", "--node=l0"]
        #expect(DaemonOptions.parse(words) == .run(wanted))
        #expect(DaemonOptions.parse([]) == .run(DaemonOptions()))
    }

    @Test("What is unknown or incomplete is a usage error that says so")
    func faults() {
        for (words, message) in [
            (["--confg", "/c"], "batond: unknown argument --confg\n"),
            (["--config"], "batond: --config needs a value\n"),
            (["--config="], "batond: --config needs a value\n"),
            (["now"], "batond: unknown argument now\n"),
        ] {
            #expect(DaemonOptions.parse(words) == .usageError(message + DaemonOptions.usage))
        }
    }

    @Test("Relative directories become absolute, for children run in /")
    func relative() {
        var options = DaemonOptions()
        options.configuration = "etc/"
        options.run = "run"
        let paths = DaemonPaths(options, directory: "/home/x", exists: { _ in false })
        #expect(paths.haCf == "/home/x/etc/ha.cf")
        #expect(paths.controlSocket == "/home/x/run/control.sock")
        #expect(paths.monitors == "/home/x/etc/mon.cf")
    }

    @Test("Without --config Heartbeat's files are found where Heartbeat had them")
    func defaults() {
        let options = DaemonOptions()
        let heartbeat = DaemonPaths(options, directory: "/", exists: { $0 == "/etc/ha.d/ha.cf" })
        #expect(heartbeat.haCf == "/etc/ha.d/ha.cf")
        #expect(heartbeat.monitors == "/etc/mon/mon.cf")
        let own = DaemonPaths(options, directory: "/", exists: { _ in true })
        #expect(own.haCf == "/etc/baton/ha.cf")
        let none = DaemonPaths(options, directory: "/", exists: { _ in false })
        #expect(none.haCf == "/etc/baton/ha.cf")
    }
}

@Suite("The operation record")
struct OperationRecordTests {
    private let record = OperationRecord(
        boot: "1f-2e",
        process: 4711,
        startTicks: 99,
        group: "10.0.0.1",
        resource: "Filesystem::/dev/x::/mnt a",
        action: "start",
        deadline: 123
    )

    @Test("Its text is the one on disk, and reads back")
    func text() {
        #expect(
            record.text == """
                boot 1f-2e
                process 4711
                start 99
                group 10.0.0.1
                resource Filesystem::/dev/x::/mnt a
                action start
                deadline 123

                """
        )
        #expect(OperationRecord(text: record.text) == record)
    }

    @Test("A record that was cut anywhere is none, so nothing of it ever ran")
    func cut() {
        for length in 0..<record.text.count {
            #expect(OperationRecord(text: String(record.text.prefix(length))) == nil)
        }
    }

    @Test("A record never names a process that is everybody's", arguments: [-1, 0, 1])
    func dangerous(_ process: Int32) {
        var bad = record
        bad.process = process
        #expect(OperationRecord(text: bad.text) == nil)
    }

    @Test("A name that ends in a carriage return is read back too")
    func carriageReturn() {
        var odd = record
        odd.resource = "apache::x\r"
        odd.group = "\r"
        #expect(OperationRecord(text: odd.text) == odd)
    }
}

@Suite("Stolen time")
struct StolenTimeTests {
    @Test("The share is that of the time between two looks, and never above the whole")
    func share() {
        let text = "cpu  1 2 3 4 5 6 7 8 9 0\ncpu0 1 2 3\n"
        #expect(StolenTime.times(text).map { [$0.stolen, $0.all] } == [8, 36])
        #expect(StolenTime.times("cpu 1 2 3\n") == nil)
        #expect(StolenTime.percent((30, 400), since: (10, 200)) == 10)
        #expect(StolenTime.percent((10, 400), since: (30, 200)) == 0)
        #expect(StolenTime.percent((10, 200), since: (10, 200)) == nil)
        #expect(StolenTime.percent((.max, .max), since: (0, 0)) == 100)
        #expect(StolenTime.percent((.max / 2, .max), since: (0, 0)) == 50)
        #expect(StolenTime.percent((.max, 2), since: (0, 1)) == 100)
    }
}

@Suite("Log lines")
struct LogLineTests {
    @Test("A line is in the journal once, and is lost nowhere")
    func journalOnce() {
        func targets(isJournal: Bool, isSystemJournal: Bool) -> LogTargets {
            LogTargets(
                node: "l0",
                isJournal: isJournal,
                facility: "local0",
                showsDebug: false,
                isSystemJournal: isSystemJournal
            )
        }
        let both = targets(isJournal: true, isSystemJournal: true)
        #expect(!both.usesStream(systemTook: true))
        #expect(both.usesStream(systemTook: false), "the journal's door was full, or no facility")
        for other in [
            targets(isJournal: true, isSystemJournal: false),
            targets(isJournal: false, isSystemJournal: true),
        ] {
            #expect(other.usesStream(systemTook: true))
        }
    }

    @Test("A notice becomes one line with its rule")
    func notice() {
        let notice = Notice(
            severity: .page,
            code: .takeoverHeld,
            group: GroupName("10.0.0.1"),
            text: "not taken",
            reason: Reason(.S1, "l0 answers")
        )
        let line = LogLine(notice, time: 0)
        #expect(line.journal == "<2>takeoverHeld: 10.0.0.1: not taken [S1: l0 answers]\n")
        #expect(
            line.stamped(node: "l1", process: 7, at: "NOW")
                == "NOW l1 batond[7]: PAGE: takeoverHeld: 10.0.0.1: not taken [S1: l0 answers]\n"
        )
    }

    @Test("What a script printed cannot forge a line")
    func forged() {
        let line = LogLine(severity: .info, text: "a\n<0>b\u{1b}[2J\r\n", time: 0)
        #expect(line.journal == "<6>a <0>b [2J\n")
    }

    @Test("Nor move a terminal by the one character that stands for an escape sequence")
    func eightBits() {
        let line = LogLine(severity: .info, text: "a\u{9b}2Jb\u{85}c é\u{9f}", time: 0)
        #expect(line.journal == "<6>a 2Jb c é\n")
    }

    @Test("A long line ends where a character does")
    func long() {
        let line = LogLine(severity: .info, text: String(repeating: "é", count: 2000), time: 0)
        #expect(line.text == String(repeating: "é", count: 1024))
        #expect(
            LogLine(severity: .info, text: "x" + line.text, time: 0).text
                == "x" + String(repeating: "é", count: 1023)
        )
    }

    @Test("A line goes through its message unchanged")
    func message() {
        let line = LogLine(severity: .warning, text: "ä", time: 5)
        #expect(LogLine(line.bytes) == line)
    }
}

@Suite("Messages between the daemon's processes")
struct MessageTests {
    static let requests: [SpawnerRequest] = [
        .cancel(7),
        .run(
            OperationRequest(
                id: 1,
                group: "g",
                resource: "a::b",
                type: "a",
                arguments: ["b", ""],
                action: .stop,
                timeout: -1,
                isSuspendable: true
            )
        ),
    ]
    static let reports: [SpawnerReport] = [
        .cleared(["x", "y"]),
        .finished(1, .succeeded),
        .finished(2, .failed(OperationFailure(exitCode: 1, output: "no"))),
        .finished(3, .timedOut(OperationFailure(exitCode: nil, output: ""))),
        .finished(4, .unknown(OperationFailure(exitCode: 4, output: "?"))),
        .finished(5, .interrupted), .finished(6, .cancelled), .finished(7, .running),
        .finished(8, .stopped),
    ]

    @Test("Each reads back, and cut at any length is nothing")
    func codings() {
        for request in Self.requests {
            #expect(SpawnerRequest(request.bytes) == request)
            for length in 0..<request.bytes.count {
                #expect(SpawnerRequest(Array(request.bytes[..<length])) == nil)
            }
        }
        for report in Self.reports {
            #expect(SpawnerReport(report.bytes) == report)
            for length in 0..<report.bytes.count {
                #expect(SpawnerReport(Array(report.bytes[..<length])) == nil)
            }
        }
        let record = RecorderRequest.write(3, [1, 2, 3])
        #expect(RecorderRequest(record.bytes) == record)
        for report in [RecorderReport.written(9), .failing("ENOSPC"), .lost("EIO")] {
            #expect(RecorderReport(report.bytes) == report)
            for length in 0..<report.bytes.count {
                #expect(RecorderReport(Array(report.bytes[..<length])) == nil)
            }
        }
    }

    @Test("A count beyond the bytes is nothing, not a large allocation")
    func hugeCounts() {
        var writer = MessageWriter()
        writer.put(UInt64.max)
        var reader = MessageReader(writer.bytes)
        #expect(reader.data() == nil)
        var texts = MessageReader(writer.bytes)
        #expect(texts.texts() == nil)
    }

    @Test("A ping is none of the messages")
    func ping() {
        #expect(HelperChannel.pingNumber(HelperChannel.ping(5)) == 5)
        #expect(SpawnerRequest(HelperChannel.ping(5)) == nil)
        #expect(HelperChannel.pingNumber(SpawnerRequest.cancel(5).bytes) == nil)
    }
}

@Suite("Shared bytes")
struct SharedBytesTests {
    @Test("The last text stored is the one read, also one of odd length")
    func storing() throws {
        let shared = try SharedBytes(capacity: 20)
        #expect(shared.value == nil)
        for text in ["", "1234567", "12345678", "123456789"] {
            let generation = shared.generation
            let isStored = shared.store(Array(text.utf8))
            #expect(isStored)
            #expect(shared.value == Array(text.utf8))
            #expect(shared.generation == generation + 1)
        }
    }

    @Test("A text that is too long changes nothing")
    func tooLong() throws {
        let shared = try SharedBytes(capacity: 8)
        shared.store([1])
        let isStored = shared.store([UInt8](repeating: 0, count: 9))
        #expect(!isStored)
        #expect(shared.value == [1])
    }
}
