// The clock, the machine's identity, errors, bytes, the poller, signals, shared words.

import Testing

@testable import Linux

@Suite struct Basics {
    @Test func errorsTellCallObjectAndReason() {
        let error = SystemError(call: "bind", errno: .addressInUse, object: "10.0.0.1")
        #expect("\(error)" == "bind 10.0.0.1: EADDRINUSE (Address already in use)")
        #expect(
            "\(SystemError(call: "fork", errno: Errno(rawValue: 9999)))"
                == "fork: E? (unknown error)"
        )
    }

    @Test func bootClockGoesForwardAndAgreesWithTheKernelsUptime() throws {
        let first = BootClock.now
        let text = String(decoding: try Files.read("/proc/uptime", maximum: 100), as: UTF8.self)
        let last = BootClock.now
        let uptime = try #require(Double(text.prefix { $0 != " " }))
        // /proc/uptime is cut to hundredths of a second.
        #expect(uptime >= Double(first) / 1e9 - 0.011)
        #expect(uptime <= Double(last) / 1e9 + 0.011)
        #expect(first < last)
    }

    @Test func wallClockIsAfterThisWasWritten() {
        #expect(WallClock.now > 1_700_000_000_000_000_000)
        let time = WallClock.localTime(atSecond: 86_400 * 366)
        #expect(time.year == 1971)
        #expect(time.month == 1)
    }

    @Test func bootIDIsSixteenBytesAndStays() throws {
        let id = try Machine.bootID()
        #expect(id.count == 16)
        #expect(try Machine.bootID() == id)
    }

    @Test func bootIDTextIsReadWhole() {
        let text = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\n"
        #expect(
            Machine.parseBootID(Array(text.utf8))
                == hex("0f1e2d3c 4b5a6978 8796a5b4 c3d2e1f0")
        )
        #expect(Machine.parseBootID(Array(text.utf8.dropLast(2))) == nil)
        #expect(Machine.parseBootID(Array("xyz".utf8)) == nil)
    }

    @Test func randomBytesAreAsManyAsAskedAndDiffer() throws {
        #expect(try Machine.randomBytes(256).count == 256)
        #expect(try Machine.randomBytes(0).isEmpty)
        #expect(try Machine.randomWord() != Machine.randomWord())
    }

    @Test func hostNameIsTheKernels() throws {
        let path = "/proc/sys/kernel/hostname"
        let text = String(decoding: try Files.read(path, maximum: 100), as: UTF8.self)
        #expect(try Machine.hostName() + "\n" == text)
    }

    @Test func numbersAreReadInBothOrdersAndNeverBeyondTheEnd() {
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
        #expect(bytes.span.big16(at: 0) == 0x0102)
        #expect(bytes.span.big32(at: 5) == 0x0607_0809)
        #expect(bytes.span.big64(at: 1) == 0x0203_0405_0607_0809)
        #expect(bytes.span.big64(at: 2) == nil)
        #expect(bytes.span.big16(at: -1) == nil)
        #expect(bytes.span.native32(at: 6) == nil)
        #expect(bytes.span.bytes(at: 8, length: 2) == nil)
        #expect(bytes.span.bytes(at: 9, length: 0) == [])
        #expect(nativeBytes(UInt32(7)).span.native32(at: 0) == 7)
        #expect(bigBytes(UInt16(0x0102)) == [1, 2])
    }

    @Test func sharedWordsAreSeenByAForkedChild() throws {
        let words = try SharedWords(count: 3)
        words[0] = 40
        switch try ThisProcess.fork() {
        case .child:
            // Nothing but atomics and the exit: other threads of the test may hold locks.
            words[1] = words[0] + 2
            words.add(5, at: 2)
            ThisProcess.exit(words.exchange(at: 0, expected: 40, desired: 41) ? 7 : 8)
        case .parent(let id):
            let handle = try ProcessHandle(ProcessIdentity(of: id))
            try #require(try waitUntilReadable(handle.number))
            #expect(try ThisProcess.ending(ofChild: id, reaping: false) == .exited(7))
            #expect(try ThisProcess.ending(ofChild: id) == .exited(7))
        }
        #expect([words[0], words[1], words[2]] == [41, 42, 5])
        #expect(!words.exchange(at: 0, expected: 40, desired: 1))
        #expect(words.add(1, at: 2) == 6)
    }
}

@Suite struct Waiting {
    @Test func pollerTellsWhichDescriptorIsReady() throws {
        let poller = try Poller()
        let pipe = try Pipe(nonBlockingReader: true)
        try poller.add(pipe.reader.number, token: 17)
        #expect(try poller.check().ready.isEmpty)
        #expect(try pipe.writer.write([1, 2]) == 2)
        let ready = Poller.Readiness(
            token: 17,
            isReadable: true,
            isWritable: false,
            hasEnded: false
        )
        #expect(try poller.wait().ready == [ready])
        #expect(try poller.check().ready == [ready], "level-triggered: told until read")
        #expect(try pipe.reader.read(maximum: 10) == .bytes([1, 2]))
        #expect(try pipe.reader.read(maximum: 10) == .nothingYet)
        #expect(try poller.check().ready.isEmpty)
        try poller.modify(pipe.reader.number, token: 18, interest: [])
        _ = try pipe.writer.write([3])
        #expect(try poller.check().ready.isEmpty)
        try poller.remove(pipe.reader.number)
        expect(.notFound) { () throws(SystemError) in try poller.remove(pipe.reader.number) }
    }

    @Test func pollerTellsTheEndOfAPipe() throws {
        let poller = try Poller()
        let pipe = try Pipe(nonBlockingReader: true)
        let reader = Descriptor(adopting: try pipe.reader.duplicate().release())
        try poller.add(reader.number, token: 1)
        _ = consume pipe
        let ready = try poller.wait().ready
        #expect(ready.first?.hasEnded == true)
        #expect(try reader.read(maximum: 1) == .endOfStream)
    }

    @Test func deadlineWakesAtItsTimeAndTellsTheLateness() throws {
        let poller = try Poller()
        let deadline = BootClock.now + 5_000_000
        try poller.arm(at: deadline)
        #expect(try !poller.check().isDeadlineReached)
        let wake = try poller.wait()
        #expect(wake.isDeadlineReached)
        #expect(wake.now >= deadline)
        #expect(wake.lateness == wake.now - deadline)
        #expect(poller.deadline == nil)
        #expect(try !poller.check().isDeadlineReached, "told once")
    }

    @Test func deadlineInThePastFiresAtOnceAndADisarmedOneNever() throws {
        let poller = try Poller()
        try poller.arm(at: -5)
        #expect(try poller.wait().isDeadlineReached)
        try poller.arm(at: BootClock.now + 1_000_000)
        try poller.arm(at: nil)
        let counter = try EventCounter()
        try poller.add(counter.number, token: 3)
        try counter.raise()
        let wake = try poller.wait()
        #expect(!wake.isDeadlineReached)
        #expect(wake.ready.map(\.token) == [3])
    }

    @Test func eventCounterAddsUp() throws {
        let counter = try EventCounter()
        #expect(try counter.take() == 0)
        try counter.raise()
        try counter.raise()
        #expect(try counter.take() == 2)
        #expect(try counter.take() == 0)
    }

    @Test func signalsAreReadAsEvents() throws {
        // SIGURG: ignored by default, and blocked only in this thread of its own.
        try onOwnThread {
            let source = try SignalSource([.user1, Signal(rawValue: 23)])
            #expect(try source.next() == nil)
            #expect(raiseInThread(23) == 0)
            try #require(try waitUntilReadable(source.number))
            let arrival = try source.next()
            #expect(arrival == .init(signal: Signal(rawValue: 23), sender: .current))
            #expect(try source.next() == nil)
        }
        #expect("\(Signal.terminate)" == "SIGTERM")
        #expect("\(Signal(rawValue: 99))" == "signal 99")
    }
}
