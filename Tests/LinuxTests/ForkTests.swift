// What a process does about itself. The forked children here do as little as they can, for other
// threads of the test may hold locks.

import Testing

@testable import Linux

@Suite struct ForkTests {
    @Test func forkedChildBecomesAnotherProgram() throws {
        #expect(
            try ending { try ThisProcess.execute("/bin/sh", arguments: ["sh", "-c", "exit 5"]) }
                == .exited(5)
        )
        let kept = try ending {
            try ThisProcess.execute(
                "/bin/sh",
                arguments: ["sh", "-c", "test \"$0$KEPT\" = shyes && exit 6"],
                environment: ["KEPT=yes"]
            )
        }
        #expect(kept == .exited(6))
        expect(.notFound) { () throws(SystemError) in
            try ThisProcess.execute("/nonexistent", arguments: ["x"])
        }
    }

    @Test func childThatIsKilledTellsTheSignal() throws {
        switch try ThisProcess.fork() {
        case .child:
            while true { _ = try? Poller().wait() }
        case .parent(let id):
            #expect(try ThisProcess.ending(ofChild: id) == nil)
            let handle = try ProcessHandle(ProcessIdentity(of: id))
            try ThisProcess.send(.kill, toChild: id)
            try #require(try waitUntilReadable(handle.number))
            #expect(try ThisProcess.ending(ofChild: id) == .killed(.kill, dumpedCore: false))
            expect(.noSuchProcess) { () throws(SystemError) in
                try ThisProcess.send(.kill, toChild: id)
            }
        }
    }

    @Test func childDiesWithItsParentWhenItAskedTo() throws {
        let report = try MessageSocket.pair()
        let middle: ProcessID
        switch try ThisProcess.fork() {
        case .child:
            // The middle process; its child outlives it only if nothing kills it.
            let parent = ProcessID.current
            if case .child? = try? ThisProcess.fork() {
                try? ThisProcess.signalAtParentDeath(.kill)
                if ProcessID.parent == parent { _ = try? report.0.send(bigBytes(number())) }
                while true { _ = try? Poller().wait() }
            }
            while true { _ = try? Poller().wait() }
        case .parent(let id):
            middle = id
        }
        try #require(try waitUntilReadable(report.1.number))
        guard case .message(let bytes) = try report.1.receive() else {
            Issue.record("no message from the grandchild")
            return
        }
        let told = bytes.span.big32(at: 0)
        let id = ProcessID(rawValue: Int32(try #require(told)))
        let grandchild = try ProcessHandle(ProcessIdentity(of: id))
        try ThisProcess.send(.kill, toChild: middle)
        try #require(try waitUntilReadable(grandchild.number))
        _ = try ThisProcess.ending(ofChild: middle)
    }

    @Test func orphansComeToTheSubreaper() throws {
        try ThisProcess.setSubreaper(true)
        let child = try ChildProcess(Command("/bin/sh", ["-c", "sleep 1000 & echo $!"]))
        try child.open()
        #expect(try end(of: child) == .exited(0))
        let text = child.output.text.dropLast()
        let orphan = ProcessID(rawValue: try #require(Int32(text)))
        let handle = try ProcessHandle(ProcessIdentity(of: orphan))
        #expect(try ThisProcess.ending(ofChild: orphan) == nil, "it is ours")
        try handle.send(.terminate)
        try #require(try waitUntilReadable(handle.number))
        #expect(
            try ThisProcess.ending(ofChild: orphan) == .killed(.terminate, dumpedCore: false)
        )
        try ThisProcess.setSubreaper(false)
    }

    @Test func handleSignalsTheGroupItsProcessLeads() throws {
        let child = try ChildProcess(Command("/bin/sleep", ["1000"]))
        try child.open()
        let handle = try ProcessHandle(child.identity)
        #expect(try handle.sendToGroup(.terminate))
        #expect(try end(of: child) == .killed(.terminate, dumpedCore: false))
        #expect(try !handle.sendToGroup(.terminate))
    }

    @Test func nameAndEnvironmentAreThisProcesss() throws {
        try onOwnThread {
            try ThisProcess.setName("linux-tests-long-name")
            let name = try Files.read("/proc/thread-self/comm", maximum: 100)
            #expect(String(decoding: name, as: UTF8.self) == "linux-tests-lon\n")
        }
        #expect(ThisProcess.environment("PATH") != nil)
        #expect(ThisProcess.environment("NO_SUCH_VARIABLE_HERE") == nil)
    }

    @Test func sessionIsBegunOnce() throws {
        switch try ThisProcess.fork() {
        case .child:
            do throws(SystemError) {
                try ThisProcess.startSession()
                try ThisProcess.startSession()
            } catch {
                ThisProcess.exit(error.errno == .notPermitted ? 0 : 1)
            }
            ThisProcess.exit(2)
        case .parent(let id):
            #expect(try endingOf(id) == .exited(0))
        }
    }

    private func number() -> UInt32 { UInt32(ProcessID.current.rawValue) }

    private func ending(_ body: () throws -> Void) throws -> ProcessEnding? {
        switch try ThisProcess.fork() {
        case .child:
            try? body()
            ThisProcess.exit(99)
        case .parent(let id):
            return try endingOf(id)
        }
    }

    private func endingOf(_ id: ProcessID) throws -> ProcessEnding? {
        let handle = try ProcessHandle(ProcessIdentity(of: id))
        try #require(try waitUntilReadable(handle.number))
        return try ThisProcess.ending(ofChild: id)
    }
}
