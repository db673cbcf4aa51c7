// Local sockets, lines, the service manager, the system log, and UDP over the loopback device.

import Testing

@testable import Linux

@Suite struct LocalSockets {
    @Test func linesComeOutWhole() {
        var lines = LineBuffer(maximum: 5)
        lines.append(Array("one\ntw".utf8))
        #expect(lines.next() == Array("one".utf8))
        #expect(lines.next() == nil)
        lines.append(Array("o\r\n\n12345\n1".utf8))
        #expect(lines.next() == Array("two".utf8))
        #expect(lines.next() == [])
        #expect(lines.next() == Array("12345".utf8))
        #expect(lines.next() == nil)
        #expect(!lines.hasOverflowed)
    }

    @Test(arguments: ["123456", "123456\n", "a\n123456"])
    func tooLongLineIsToldWithOrWithoutItsEnd(_ text: String) {
        var lines = LineBuffer(maximum: 5)
        lines.append(Array(text.utf8))
        if text.hasPrefix("a") { #expect(lines.next() == [UInt8(ascii: "a")]) }
        #expect(lines.next() == nil)
        #expect(lines.hasOverflowed)
        lines.append(Array("\nok\n".utf8))
        #expect(lines.next() == nil)
    }

    @Test func clientAndConnectionTalkInLines() throws {
        try withDirectory { directory in
            let path = "\(directory)/sock"
            let listener = try UnixListener(path, mode: 0o600)
            #expect(Files.mode(path) == 0o600)
            #expect(try listener.accept() == nil)
            let client = try UnixClient(path, waitingMilliseconds: 1000)
            try #require(try waitUntilReadable(listener.number))
            let connection = try #require(try listener.accept(lineMaximum: 10))
            #expect(connection.credentials.process == .current)
            #expect(try connection.next() == nil)
            try client.sendWaiting(line: Array("ask".utf8), milliseconds: 1000)
            #expect(try connection.next() == .line(Array("ask".utf8)))
            try connection.send(line: Array("answer".utf8))
            #expect(!connection.wantsToWrite)
            #expect(try client.nextLineWaiting(milliseconds: 1000) == Array("answer".utf8))
            expect(.timedOut) { () throws(SystemError) in
                try client.nextLineWaiting(milliseconds: 5)
            }
            try client.sendWaiting(line: Array("longer than ten".utf8), milliseconds: 1000)
            #expect(try connection.next() == .lineTooLong)
            try listener.removeFile()
            #expect(!Files.exists(path))
        }
    }

    @Test func endOfAConversationIsTold() throws {
        try withDirectory { directory in
            let path = "\(directory)/sock"
            let listener = try UnixListener(path, mode: 0o660)
            var client: UnixClient? = try UnixClient(path, waitingMilliseconds: 1000)
            let connection = try #require(try listener.accept())
            try client?.sendWaiting(line: [65], milliseconds: 1000)
            client = nil
            #expect(try connection.next() == .line([65]))
            #expect(try connection.next() == .closed)
            expect(.brokenPipe) { () throws(SystemError) in try connection.send(line: [66]) }
        }
    }

    @Test func slowReaderFillsItsLimitAndNoMore() throws {
        try withDirectory { directory in
            let path = "\(directory)/sock"
            let listener = try UnixListener(path, mode: 0o600)
            let client = try UnixClient(path, waitingMilliseconds: 1000)
            let connection = try #require(try listener.accept(outputMaximum: 1 << 20))
            let line = [UInt8](repeating: 65, count: 60_000)
            var sent = 0
            do throws(SystemError) {
                while sent < 1000 {
                    try connection.send(line: line)
                    sent += 1
                }
                Issue.record("nothing stopped at 60 MB")
            } catch {
                #expect(error.errno == .noBufferSpace)
            }
            #expect(connection.wantsToWrite)
            for _ in 0..<sent {
                #expect(try client.nextLineWaiting(milliseconds: 1000) == line)
                try connection.flush()
            }
            #expect(!connection.wantsToWrite)
        }
    }

    @Test func connectingToNobodyFailsAtOnce() throws {
        try withDirectory { directory in
            let path = "\(directory)/sock"
            expect(.notFound) { () throws(SystemError) in
                try UnixClient(path, waitingMilliseconds: 1000)
            }
            var listener: UnixListener? = try UnixListener(path, mode: 0o600)
            #expect(listener?.path == path)
            listener = nil
            expect(.connectionRefused) { () throws(SystemError) in
                try UnixClient(path, waitingMilliseconds: 1000)
            }
            #expect(throws: Never.self) { try UnixListener(path, mode: 0o600) }
            expect(.nameTooLong) { () throws(SystemError) in
                try UnixListener(path + String(repeating: "x", count: 200), mode: 0o600)
            }
        }
    }

    @Test func messagesStayWholeAndQueuesAreBounded() throws {
        let (left, right) = try MessageSocket.pair()
        #expect(try right.receive() == nil)
        #expect(try left.send([1, 2]))
        #expect(try left.send([3]))
        #expect(try left.send([4, 5, 6]))
        #expect(try right.receive() == .message([1, 2]))
        #expect(try right.receive(maximum: 1) == .message([3]))
        expect(.messageTooLong) { () throws(SystemError) in try right.receive(maximum: 2) }
        var count = 0
        while count < 10_000, try left.send([UInt8](repeating: 0, count: 1000)) { count += 1 }
        #expect((1..<10_000).contains(count), "the queue takes some and not all")
    }

    @Test func closedMessageSocketIsTold() throws {
        var (left, right): (MessageSocket?, MessageSocket) = try MessageSocket.pair()
        #expect(try left?.send([9]) == true)
        left = nil
        #expect(try right.receive() == .message([9]))
        #expect(try right.receive() == .closed)
        expect(.brokenPipe) { () throws(SystemError) in try right.send([1]) }
    }

    @Test(arguments: [false, true])
    func serviceManagerIsToldInOneDatagram(_ isAbstract: Bool) throws {
        try withDirectory { directory in
            let address = (isAbstract ? "@" : "") + "\(directory)/notify"
            let manager = ServiceManager(address: address)
            expect(isAbstract ? .connectionRefused : .notFound) { () throws(SystemError) in
                try manager.notify("READY=1")
            }
            var ear: DatagramEar? = try DatagramEar(address)
            try manager.notify("READY=1", "MAINPID=17")
            #expect(try ear?.next() == "READY=1\nMAINPID=17")
            // The manager goes and comes back under the same address.
            ear = nil
            _ = try Files.remove(address)
            let second = try DatagramEar(address)
            try manager.notify("STATUS=again")
            #expect(try second.next() == "STATUS=again")
        }
    }

    @Test func systemLogWritesLinesAndCountsWhatIsLost() throws {
        try withDirectory { directory in
            let path = "\(directory)/log"
            let log = SystemLog(facility: .daemon, tag: "tests", path: path)
            log.write(.error, "lost")
            #expect(log.droppedCount == 1)
            let ear = try DatagramEar(path)
            log.write(.warning, "kept")
            #expect(try ear.next() == "<28>tests[\(ProcessID.current)]: kept")
            for _ in 0..<10_000 { log.write(.debug, "flood") }
            #expect(log.droppedCount > 1, "a log that does not read is not waited for")
        }
        #expect(SystemLog.Facility(name: "local7")?.rawValue == 23)
        #expect(SystemLog.Facility(name: "daemon") == .daemon)
        #expect(SystemLog.Facility(name: "local8") == nil)
        #expect(SystemLog.Facility(name: "local") == nil)
    }
}

@Suite struct Loopback {
    @Test func unicastArrivesWithSourceAndDevice() throws {
        let port = try freePort()
        let socket = try loopback(port)
        #expect(try socket.receive() == nil)
        try socket.send([1, 2, 3], to: .unicast(.v4(IPv4Address(127, 0, 0, 1))))
        let number = try #require(socket.number)
        try #require(try waitUntilReadable(number))
        guard case .datagram(let datagram) = try socket.receive() else {
            Issue.record("no datagram")
            return
        }
        #expect(datagram.bytes == [1, 2, 3])
        #expect(datagram.source == .v4(IPv4Address(127, 0, 0, 1)))
        #expect(datagram.sourcePort == port)
        #expect(datagram.destination == .v4(IPv4Address(127, 0, 0, 1)))
        #expect(datagram.interfaceIndex == 1)
        #expect(!datagram.isTruncated)
        try socket.send(
            [UInt8](repeating: 7, count: 100),
            to: .unicast(.v4(IPv4Address(127, 0, 0, 1)))
        )
        try #require(try waitUntilReadable(number))
        guard case .datagram(let cut) = try socket.receive(maximum: 10) else {
            Issue.record("no datagram")
            return
        }
        #expect(cut.bytes.count == 10)
        #expect(cut.isTruncated)
        #expect(try !socket.reopenIfStale())
    }

    @Test func unopenedSocketSaysSo() throws {
        let socket = DeviceSocket(device: try #require(DeviceName(rawValue: "lo")), port: 694)
        #expect(socket.number == nil)
        expect(.notConnected) { () throws(SystemError) in try socket.send([1], to: .broadcast) }
        expect(.notConnected) { () throws(SystemError) in try socket.receive() }
    }

    @Test func tooLongDatagramIsAnErrorOfThisCallOnly() throws {
        let socket = try loopback(try freePort())
        let address = DeviceSocket.Destination.unicast(.v4(IPv4Address(127, 0, 0, 1)))
        expect(.messageTooLong) { () throws(SystemError) in
            try socket.send([UInt8](repeating: 0, count: 70_000), to: address)
        }
        try socket.send([1], to: address)
        try #require(try socket.number.map { try waitUntilReadable($0) } ?? false)
        #expect(try socket.receive() != nil)
    }

    @Test func missingDeviceIsAnErrorAtOpening() throws {
        let device = try #require(DeviceName(rawValue: "none-such0"))
        let socket = DeviceSocket(device: device, port: 694)
        expect(.noSuchDevice) { () throws(SystemError) in try socket.reopen() }
        expect(.noSuchDevice) { () throws(SystemError) in try socket.reopenIfStale() }
    }

    private func loopback(_ port: UInt16) throws -> DeviceSocket {
        let socket = DeviceSocket(device: try #require(DeviceName(rawValue: "lo")), port: port)
        try socket.reopen()
        return socket
    }

    /// A port of the private range by chance; the tests of one run never meet two equal ones but
    /// once in thousands, and SO_REUSEADDR keeps even that from failing.
    private func freePort() throws -> UInt16 {
        UInt16(49152 + (try Machine.randomWord()) % 16000)
    }
}
