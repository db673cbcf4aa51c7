// The daemon's doors without a daemon: who is let in, what one caller can do to another and to the
// loop.

import Failover
import Glibc
import Linux
import Testing
import Wire

@testable import Daemon

@Suite("The control door")
struct ControlDoorTests {
    /// A door in a directory of its own, served by hand.
    private final class House {
        let paths: DaemonPaths
        let poller: Poller
        let door: ControlDoor

        init() throws {
            let directory = "/tmp/baton-door-\(ProcessID.current)-\(try Machine.randomWord())"
            try Files.makeDirectory(directory, mode: 0o700)
            var options = DaemonOptions()
            options.run = directory
            paths = DaemonPaths(options, directory: "/", exists: { _ in false })
            poller = try Poller()
            door = try ControlDoor(paths, poller: poller)
        }

        deinit {
            door.end()
            // Sound: the string lives through the call.
            _ = unsafe rmdir(paths.run)
        }

        /// Serves what is ready now; answers pings, keeps everything else waiting.
        ///
        /// - Returns: how many descriptors were ready, and the requests.
        func turn() throws -> (ready: Int, requests: [ControlRequest]) {
            let ready = try poller.check().ready
            let requests = ready.flatMap { door.serve($0) } + door.moreRequests()
            for request in requests where request.request == .ping {
                let reply = CommandReply(outcome: .done, text: "alive")
                door.send(.reply(reply), to: request.connection)
            }
            return (ready.count, requests.map(\.request))
        }

        func client(_ path: String) throws -> UnixClient {
            let client = try UnixClient(path, waitingMilliseconds: 1000)
            _ = try turn()
            return client
        }
    }

    private static func line(_ request: ControlRequest) -> [UInt8] {
        Array(ControlCoding.encode(request).dropLast())
    }

    @Test("A caller that is killed while its order goes on keeps nobody busy")
    func killedCaller() throws {
        let house = try House()
        var caller: UnixClient? = try house.client(house.paths.controlSocket)
        try caller?.sendWaiting(line: Self.line(.failback), milliseconds: 1000)
        #expect(try house.turn().requests == [.failback])
        caller = nil
        _ = try house.turn()
        #expect(try house.turn().ready == 0)
    }

    @Test("A caller that says more while its order goes on is heard after the reply")
    func impatientCaller() throws {
        let house = try House()
        let caller = try house.client(house.paths.controlSocket)
        try caller.sendWaiting(line: Self.line(.failback), milliseconds: 1000)
        let order = try #require(try house.poller.check().ready.flatMap(house.door.serve).first)
        try caller.sendWaiting(line: Self.line(.version), milliseconds: 1000)
        #expect(try house.turn() == (0, []))
        let reply = CommandReply(outcome: .done, text: "done")
        house.door.send(.reply(reply), to: order.connection)
        #expect(try house.turn().requests == [.version])
    }

    @Test("Each of several requests in one packet is answered")
    func severalRequests() throws {
        let house = try House()
        let caller = try house.client(house.paths.statusSocket)
        let ping = Self.line(.ping) + [UInt8(ascii: "\n")]
        try caller.sendWaiting(line: ping + ping + Self.line(.ping), milliseconds: 1000)
        for _ in 1...3 {
            #expect(try house.turn().requests == [.ping])
            #expect(try caller.nextLineWaiting(milliseconds: 1000) != nil)
        }
    }

    @Test("Readers that hold connections open keep neither an administrator nor a reader out")
    func crowd() throws {
        let house = try House()
        var crowd: [UnixClient] = []
        for _ in 1...40 { crowd.append(try house.client(house.paths.statusSocket)) }
        for path in [house.paths.controlSocket, house.paths.statusSocket] {
            let caller = try house.client(path)
            try caller.sendWaiting(line: Self.line(.ping), milliseconds: 1000)
            #expect(try house.turn().requests == [.ping])
            #expect(try caller.nextLineWaiting(milliseconds: 1000) != nil)
        }
        #expect(house.door.refusedCount == 25)
        withExtendedLifetime(crowd) {}
    }
}
