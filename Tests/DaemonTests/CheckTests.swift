// The helper of checks without a daemon around it: what it is told, what it runs, what it says.

import Glibc
import Linux
import Monitoring
import Testing

@testable import Daemon

@Suite struct CheckTextTests {
    @Test func messagesComeBackAsTheyWere() {
        let request = CheckRequest(
            id: 7,
            places: [CheckPlace(path: "/a b"), CheckPlace(path: "baton-monitor", monitor: "x")],
            arguments: ["-p", "80", ""],
            environment: ["A=b"],
            input: [0, 255],
            timeout: 5,
            isDetached: true
        )
        for order in [CheckOrder.run(request), .cancel(9), .input(7, [1, 2])] {
            #expect(CheckOrder(order.bytes) == order)
        }
        let endings: [CheckEnding] = [.exited(-1), .killed("SIGSEGV"), .timedOut, .notRun("no")]
        for ending in endings {
            let report = CheckReport.finished(3, ending, Array("out".utf8))
            #expect(CheckReport(report.bytes) == report)
        }
        let ready = CheckReport.ready(monitors: ["a"], scripts: [])
        #expect(CheckReport(ready.bytes) == ready)
        #expect(CheckReport([0, 0]) == nil)
        #expect(CheckOrder(Array(CheckOrder.run(request).bytes.dropLast(1))) == nil)
    }

    @Test func programsAreLookedForInOrder() {
        var monitors = MonitorConfiguration()
        monitors.globals = [.init(name: "mondir", value: "/m/:/n")]
        let places = MonitorPlaces(configuration: "/c", monitors)
        #expect(
            places.monitor("tcp.monitor").map(\.path) == [
                "/c/mon.d/tcp.monitor", "baton-monitor", "/usr/sbin/baton-monitor",
                "/m/tcp.monitor", "/n/tcp.monitor",
            ]
        )
        #expect(
            places.monitor("tcp.monitor").map(\.monitor) == [
                nil, "tcp.monitor", "tcp.monitor", nil, nil,
            ]
        )
        #expect(places.monitor("own").map(\.path) == ["/c/mon.d/own", "/m/own", "/n/own"])
        #expect(places.monitor("/x/y").map(\.path) == ["/x/y"])
        #expect(
            places.alert("mail.alert").map(\.path) == [
                "/c/alert.d/mail.alert", "/usr/local/lib/mon/alert.d/mail.alert",
                "/usr/lib/mon/alert.d/mail.alert",
            ]
        )
    }

    @Test func memoryIsReadAsItWasWrittenAndNothingElse() {
        var memory = MonitorMemory()
        memory.disabled = ["a/b", "c/d"]
        memory.passed = ["e/f"]
        #expect(
            String(decoding: memory.bytes, as: UTF8.self)
                == "disabled a/b\ndisabled c/d\npassed e/f\n"
        )
        #expect(MonitorMemory(memory.bytes) == memory)
        #expect(
            MonitorMemory(Array("passed\nwhat ever\n\u{0}disabled x y".utf8)) == MonitorMemory()
        )
        var odd = MonitorMemory()
        odd.disabled = ["x y"]
        #expect(MonitorMemory(Array("disabled x y".utf8)) == odd)
    }

    @Test func aMissingProgramIsNamedWithWhatToDo() {
        let places = [CheckPlace(path: "/a"), CheckPlace(path: "/b")]
        #expect(CheckRunner.explanation(places) { _ in false } == "there is no program /a or /b")
        #expect(
            CheckRunner.explanation(places) { $0 == "/b" } == "/b is not executable: chmod +x it"
        )
    }
}

/// A helper of checks in a process of its own, as the loop has it.
private final class RunningHelper {
    let helper: Helper
    private let poller: Poller

    init() throws {
        helper = try Helper.launch(.checks, keeping: []) { channel throws(SystemError) in
            let settings = CheckSettings(
                configuration: "/nowhere",
                environment: ["PATH=/usr/bin:/bin"]
            )
            try CheckRunner(channel: channel, settings: settings).run()
        }
        poller = try Poller()
        try poller.add(helper.channel.number, token: 0)
    }

    deinit { helper.kill() }

    func run(
        _ id: UInt64,
        _ script: String,
        input: String = "",
        seconds: Double = 20,
        isDetached: Bool = false
    ) {
        let request = CheckRequest(
            id: id,
            places: [CheckPlace(path: "/bin/sh")],
            arguments: ["-c", script],
            environment: ["MON_GROUP=own"],
            input: Array(input.utf8),
            timeout: Int64(seconds * 1e9),
            isDetached: isDetached
        )
        while !helper.channel.send(CheckOrder.run(request).bytes) {
            // As the loop does: what has ended is read while there is no room.
            if let end = read() { waiting.append(end) }
        }
    }

    private typealias End = (id: UInt64, ending: CheckEnding, output: String)
    private var waiting: [End] = []

    private func read() -> End? {
        guard case .message(let bytes) = helper.channel.receive(),
            case .finished(let id, let ending, let output) = CheckReport(bytes)
        else { return nil }
        return (id, ending, String(decoding: output, as: UTF8.self))
    }

    /// The next end that it tells.
    func next() throws -> (id: UInt64, ending: CheckEnding, output: String) {
        if !waiting.isEmpty { return waiting.removeFirst() }
        return try Laboratory.wait(for: "the end of a check") { read() }
    }
}

@Suite struct CheckClientTests {
    /// A client whose helper takes messages while `takes` says so.
    private final class Bench {
        var sent: [CheckOrder] = []
        var takes: (Bench) -> Bool = { _ in true }
        private(set) lazy var client = CheckClient { [unowned self] bytes in
            guard takes(self), let order = CheckOrder(bytes) else { return false }
            sent.append(order)
            return true
        }

        init() {
            _ = client.take(CheckReport.ready(monitors: [], scripts: []).bytes)
        }

        func run(arguments: [String] = [], input: [UInt8] = []) throws(CheckRefusal) -> UInt64 {
            try client.run(
                [CheckPlace(path: "/bin/sh")],
                arguments,
                environment: [],
                input: input,
                timeout: 20_000_000_000,
                isDetached: true
            )
        }
    }

    @Test("What no message holds is refused and jams nothing")
    func tooLong() throws {
        let bench = Bench()
        #expect(throws: CheckRefusal.self) {
            try bench.run(arguments: [String(repeating: "x", count: 200_000)])
        }
        #expect(bench.sent.isEmpty)
        #expect(bench.client.count == 0)
        #expect(try bench.run() == 1)
        #expect(bench.sent.count == 1)
    }

    @Test("The input of a hook for ten thousand addresses comes to it, in parts")
    func longInput() throws {
        let bench = Bench()
        let lines = (10_000..<30_000).map { "+2001:db8:ffff:ffff:ffff:ffff:ffff:\($0)/128\n" }
        let script = "awk 'NR == 1 { print } END { print NR; print }'"
        _ = try bench.run(arguments: ["-c", script], input: Array(lines.joined().utf8))
        #expect(bench.sent.allSatisfy { $0.bytes.count <= HelperChannel.messageMaximum })
        let helper = try RunningHelper()
        for order in bench.sent {
            try Laboratory.wait(for: "room") { helper.helper.channel.send(order.bytes) ? () : nil }
        }
        #expect(try helper.next().output == "\(lines[0])20000\n\(lines[19_999])")
    }

    @Test("A program whose helper ends with half of its input is lost")
    func halfInput() throws {
        let bench = Bench()
        bench.takes = { $0.sent.isEmpty }
        let half = try bench.run(input: [UInt8](repeating: 1, count: 200_000))
        let whole = try bench.run()
        #expect(bench.client.restart() == [half])
        bench.takes = { _ in true }
        bench.client.push()
        #expect(bench.sent.dropFirst().map(\.id) == [whole])
    }
}

@Suite struct CheckRunnerTests {
    @Test func anEndIsToldWithTheBeginningOfTheOutput() throws {
        let helper = try RunningHelper()
        helper.run(1, "cat; echo $MON_GROUP; exit 3", input: "from stdin\n")
        let end = try helper.next()
        #expect(end.id == 1)
        #expect(end.ending == .exited(3))
        #expect(end.output == "from stdin\nown\n")
    }

    @Test("A hang, a signal, an endless output and a kept pipe are bounded and told apart")
    func misbehaviour() throws {
        let helper = try RunningHelper()
        helper.run(1, "trap '' TERM; while :; do sleep 1000; done", seconds: 0.2)
        #expect(try helper.next().ending == .timedOut)
        helper.run(2, "kill -SEGV $$")
        #expect(try helper.next().ending == .killed("SIGSEGV"))
        helper.run(3, "exec head -c 1000000000 /dev/zero")
        let endless = try helper.next()
        #expect(endless.ending == .notRun("it printed more than 1 MiB and was ended"))
        #expect(endless.output.utf8.count == CheckRunner.headMaximum)
        helper.run(4, "echo $$; sleep 1000 &")
        let forked = try helper.next()
        #expect(forked.ending == .exited(0))
        // Nothing of a monitor's group is left.
        let group = try #require(Int32(forked.output.split(separator: "\n")[0]))
        try Laboratory.wait(for: "the end of what it left behind") {
            kill(-group, 0) == 0 ? nil : ()
        }
    }

    @Test func whatAnAlertLeavesBehindLivesOn() throws {
        let helper = try RunningHelper()
        helper.run(1, "sleep 1000 & echo $!", isDetached: true)
        let end = try helper.next()
        #expect(end.ending == .exited(0))
        let id = try #require(Int32(end.output.split(separator: "\n")[0]))
        #expect(kill(id, 0) == 0)
        kill(id, SIGKILL)
    }

    @Test func aCancelledCheckIsEndedAndNotToldOf() throws {
        let helper = try RunningHelper()
        helper.run(1, "sleep 1000")
        #expect(helper.helper.channel.send(CheckOrder.cancel(1).bytes))
        helper.run(2, "exit 0")
        #expect(try helper.next().id == 2)
    }

    @Test func threeHundredAtOnceAllEnd() throws {
        let helper = try RunningHelper()
        for id in 1...300 { helper.run(UInt64(id), "exit \(id % 2)") }
        var ends: Set<UInt64> = []
        while ends.count < 300 { ends.insert(try helper.next().id) }
        #expect(ends == Set(1...300))
    }
}
