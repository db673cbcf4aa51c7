// Children, forks, identities, and the manners of real time.

import Testing

@testable import Linux

@Suite struct ProcessTests {
    @Test func statIsReadBehindTheLastParenthesis() {
        var fields = (3...52).map(String.init)
        fields[22 - 3] = "987654"
        let text = "17 (a) b (c) " + fields.joined(separator: " ") + "\n"
        #expect(ProcessIdentity.startTicks(inStat: Array(text.utf8)) == 987_654)
        #expect(ProcessIdentity.startTicks(inStat: Array("17 (a) R 1".utf8)) == nil)
        #expect(ProcessIdentity.startTicks(inStat: []) == nil)
    }

    @Test func identityTellsAReusedNumberFromTheOldProcess() throws {
        let own = try ProcessIdentity(of: .current)
        #expect(own.isAlive)
        let earlier = ProcessIdentity(id: .current, startTicks: own.startTicks &- 1)
        #expect(!earlier.isAlive)
        expect(.noSuchProcess) { () throws(SystemError) in try ProcessHandle(earlier) }
        expect(.notFound) { () throws(SystemError) in
            try ProcessIdentity(of: ProcessID(rawValue: 0x7fff_fff0))
        }
    }

    @Test func childsOutputIsMergedAndItsStatusTold() throws {
        let (ending, text) = try run("/bin/sh", ["-c", "echo one; echo two >&2; exit 3"])
        #expect(ending == .exited(3))
        #expect(text == "one\ntwo\n")
    }

    @Test func childWaitsAtTheGateAndDoesNotRunWhenItIsDropped() throws {
        try withDirectory { directory in
            let path = "\(directory)/ran"
            var child: ChildProcess? = try ChildProcess(Command("/bin/sh", ["-c", ": >\(path)"]))
            let identity = try #require(child?.identity)
            #expect(identity.isAlive)
            #expect(try child?.ending() == nil)
            let handle = try ProcessHandle(identity)
            child = nil
            try #require(try waitUntilReadable(handle.number))
            #expect(try ThisProcess.ending(ofChild: identity.id) == .exited(127))
            #expect(!Files.exists(path))
            expect(.noSuchProcess) { () throws(SystemError) in try handle.send(.terminate) }
            #expect(try !handle.sendToGroup(.terminate))
        }
    }

    @Test func openingTheGateOfADeadChildHarmsNobody() throws {
        let child = try ChildProcess(Command("/bin/true"))
        try child.sendToGroup(.kill)
        try #require(try waitUntilReadable(child.exitNumber))
        try child.open()
        try child.open()
        #expect(try end(of: child) == .killed(.kill, dumpedCore: false))
    }

    @Test func missingProgramIsTheEndingNotExecuted() throws {
        #expect(
            try run("/nonexistent/program", []).ending
                == .notExecuted(
                    SystemError(call: "execve", errno: .notFound, object: "/nonexistent/program")
                )
        )
        let child = try ChildProcess(Command("/bin/true", directory: "/nonexistent"))
        try child.open()
        guard case .notExecuted(let error) = try end(of: child) else {
            Issue.record("it ran in a directory that is not there")
            return
        }
        #expect(error.errno == .notFound)
    }

    @Test func childHasItsOwnGroupDirectoryEnvironmentAndNothingElse() throws {
        // A descriptor without close-on-exec, which must not get through either.
        let pipe = try Pipe(nonBlockingReader: false)
        try pipe.writer.setCloseOnExec(false)
        let child = try ChildProcess(
            Command(
                "/bin/sh",
                ["-c", "pwd; env | grep ^A=; ls /proc/self/fd; readlink /proc/self/fd/0"],
                environment: ["PATH=/usr/bin:/bin", "A=b c"]
            )
        )
        try child.open()
        #expect(try end(of: child) == .exited(0))
        // 3 is the directory that ls reads.
        #expect(child.output.text == "/\nA=b c\n0\n1\n2\n3\n/dev/null\n")
    }

    @Test func childOfARealTimeThreadWithBlockedSignalsIsOrdinary() throws {
        try onOwnThread {
            if ThisProcess.isRoot { try RealTime.schedule(.firstInFirstOut, priority: 1) }
            let source = try SignalSource([.terminate, .user2])
            #expect(source.number > 2)
            let (ending, text) = try run(
                "/bin/sh",
                [
                    "-c",
                    """
                    awk '{ print $41 }' /proc/self/stat
                    grep -E 'Sig(Blk|Ign):' /proc/self/status
                    grep 'realtime timeout' /proc/self/limits | tr -s ' '
                    """,
                ]
            )
            #expect(ending == .exited(0))
            #expect(
                text == """
                    0
                    SigBlk:\t0000000000000000
                    SigIgn:\t0000000000000000
                    Max realtime timeout unlimited unlimited us\u{20}

                    """
            )
        }
    }

    @Test func groupSignalReachesGrandchildren() throws {
        // The shell's child ignores nothing and holds the pipe; the end of the pipe is its end.
        let child = try ChildProcess(
            Command("/bin/sh", ["-c", "sleep 1000 & echo ready; wait"])
        )
        try child.open()
        let number = try #require(child.outputNumber)
        try #require(try waitUntilReadable(number))
        #expect(try child.readOutput() == Array("ready\n".utf8))
        try child.sendToGroup(.kill)
        #expect(try end(of: child) == .killed(.kill, dumpedCore: false))
        try #require(try child.outputNumber.map { try waitUntilReadable($0) } ?? true)
        #expect(try child.readOutput() == nil)
        expect(.noSuchProcess) { () throws(SystemError) in try child.sendToGroup(.kill) }
    }

    @Test func grandchildWithThePipeDoesNotHoldUpTheEnding() throws {
        let child = try ChildProcess(Command("/bin/sh", ["-c", "sleep 1000 & echo $!"]))
        try child.open()
        #expect(try end(of: child) == .exited(0))
        #expect(child.outputNumber != nil, "the pipe is still open")
        let line = child.output.text.split(separator: "\n").first
        let id = ProcessID(rawValue: try #require(line.flatMap { Int32($0) }))
        let grandchild = try ProcessHandle(ProcessIdentity(of: id))
        try grandchild.send(.kill)
        try #require(try waitUntilReadable(grandchild.number))
    }

    @Test func outputTailKeepsTheEndAndCountsTheRest() throws {
        var tail = OutputTail(capacity: 4)
        tail.append([1, 2, 3])
        #expect(tail.bytes == [1, 2, 3])
        #expect(tail.droppedCount == 0)
        tail.append([4, 5])
        #expect(tail.bytes == [2, 3, 4, 5])
        #expect(tail.droppedCount == 1)
        tail.append([6, 7, 8, 9, 10, 11, 12, 13, 14])
        #expect(tail.bytes == [11, 12, 13, 14])
        #expect(tail.droppedCount == 10)
        for byte in 0..<100 { tail.append([UInt8(byte)]) }
        #expect(tail.bytes == [96, 97, 98, 99])
        #expect(tail.text == "`abc")
        #expect(tail.droppedCount == 110)
    }

    @Test func hugeOutputIsReadAndOnlyItsEndKept() throws {
        let command = Command("/bin/sh", ["-c", "head -c 300000 /dev/zero; echo end"])
        let child = try ChildProcess(command, outputMaximum: 100)
        try child.open()
        #expect(try end(of: child) == .exited(0))
        #expect(child.output.bytes.suffix(4) == Array("end\n".utf8)[...])
        #expect(child.output.bytes.count == 100)
        #expect(child.output.droppedCount == 300_004 - 100)
    }

    @Test func waitingForAStrangerIsAnError() {
        expect(Errno(rawValue: 10)) { () throws(SystemError) in
            try ThisProcess.ending(ofChild: ProcessID(rawValue: 1))
        }
    }
}

@Suite(.serialized) struct RealTimeTests {
    @Test(.needsRoot) func threadIsScheduledAsAskedAndBack() throws {
        try onOwnThread {
            try RealTime.schedule(.roundRobin, priority: 2)
            // Fields 40 and 41 of /proc/PID/stat: real-time priority and policy.
            #expect(try policyOfThread() == ["2", "2"])
            try RealTime.schedule(.firstInFirstOut, priority: 3)
            #expect(try policyOfThread() == ["3", "1"])
            try RealTime.schedule(.normal, priority: 0)
            #expect(try policyOfThread() == ["0", "0"])
            expect(.invalidArgument) { () throws(SystemError) in
                try RealTime.schedule(.firstInFirstOut, priority: 100)
            }
        }
    }

    @Test(.needsRoot) func memoryIsLockedAndLetGo() throws {
        try RealTime.lockMemoryOnFault()
        RealTime.prefaultStack(bytes: 65536)
        #expect(try statusField("VmLck:") != "0")
        try RealTime.unlockMemory()
        #expect(try statusField("VmLck:") == "0")
    }

    @Test(.needsRoot) func limitsAndScoreAreSetAndBecomeOrdinaryAgain() throws {
        let path = "/proc/self/oom_score_adj"
        let text = String(decoding: try Files.read(path, maximum: 10).dropLast(), as: UTF8.self)
        let before = try #require(Int(text))
        try RealTime.limitCPU(softMicroseconds: 200_000, hardMicroseconds: 400_000)
        // Up and back to where it was needs no privilege beyond root's; lower may.
        try RealTime.setOOMScoreAdjustment(before + 1)
        let limits = String(
            decoding: try Files.read("/proc/self/limits", maximum: 10000),
            as: UTF8.self
        )
        let line = limits.split(separator: "\n").first { $0.hasPrefix("Max realtime timeout") }
        #expect(line?.split(separator: " ").suffix(3) == ["200000", "400000", "us"])
        #expect(try Files.read(path, maximum: 10) == Array("\(before + 1)\n".utf8))
        try RealTime.setOOMScoreAdjustment(before)
        let raised = RealTime.becomeOrdinary().filter { $0.call != "setrlimit" }
        #expect(raised == [], "lifting the hard bound alone may take more than root has")
        expect(.invalidArgument) { () throws(SystemError) in
            try RealTime.setOOMScoreAdjustment(5000)
        }
    }

    private func policyOfThread() throws -> [String] {
        let bytes = try Files.read("/proc/thread-self/stat", maximum: 4096)
        let text = String(decoding: bytes, as: UTF8.self)
        let end = try #require(text.lastIndex(of: ")"))
        let fields = text[end...].split(separator: " ").map(String.init)
        return Array(fields[38...39])
    }

    private func statusField(_ name: String) throws -> String? {
        let bytes = try Files.read("/proc/self/status", maximum: 10000)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(name) }?
            .split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.map(String.init)
    }
}
