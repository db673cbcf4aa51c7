// A control server with canned answers on real sockets, in a thread of its own: what `baton` talks to in these
// tests. It notes what it was asked, and on which socket.

import Failover
import Foundation
import Linux
import Synchronization
import Wire

final class FakeDaemon: Sendable {
    /// One line, or what else a daemon may do.
    enum Step: Sendable {
        case send(ControlResponse)
        case raw(String)
        case close
    }

    /// A request, and the socket it came in on.
    struct Asked: Equatable, Sendable {
        var socket: String
        var request: ControlRequest
    }

    let directory: String
    private let script: @Sendable (ControlRequest) -> [Step]
    private let asked = Mutex<[Asked]>([])
    private let stopping: EventCounter
    private let ended = DispatchSemaphore(value: 0)

    /// Serves `control.sock` and `status.sock` in `directory` until `stop`; returns when both accept.
    init(
        in directory: String,
        _ script: @escaping @Sendable (ControlRequest) -> [Step]
    ) throws {
        self.directory = directory
        self.script = script
        stopping = try EventCounter()
        let isReady = DispatchSemaphore(value: 0)
        Thread { [self] in
            serve(isReady)
            ended.signal()
        }.start()
        isReady.wait()
    }

    /// Everything asked so far, in order.
    var requests: [Asked] { asked.withLock { $0 } }

    func stop() throws {
        try stopping.raise()
        ended.wait()
    }

    private func serve(_ isReady: DispatchSemaphore) {
        do {
            let poller = try Poller()
            let names = ["control.sock", "status.sock"]
            let listeners = try names.map { try UnixListener(directory + "/" + $0, mode: 0o600) }
            for (index, listener) in listeners.enumerated() {
                try poller.add(listener.number, token: UInt64(index))
            }
            try poller.add(stopping.number, token: 2)
            isReady.signal()
            var connections: [UInt64: (connection: UnixConnection, socket: String)] = [:]
            var nextToken: UInt64 = 3
            while true {
                for ready in try poller.wait().ready {
                    if ready.token == 2 { return }
                    if ready.token < 2 {
                        guard let connection = try listeners[Int(ready.token)].accept() else {
                            continue
                        }
                        try poller.add(connection.number, token: nextToken)
                        connections[nextToken] = (connection, names[Int(ready.token)])
                        nextToken += 1
                    } else if let entry = connections[ready.token] {
                        let goesOn = try answer(entry.connection, entry.socket)
                        guard !goesOn else { continue }
                        try poller.remove(entry.connection.number)
                        connections[ready.token] = nil
                    }
                }
            }
        } catch {
            isReady.signal()
            asked.withLock { $0 = [] }
            fatalError("the fake daemon failed: \(error)")
        }
    }

    /// A long answer goes as the reader reads.
    private func waitUntilSent(_ connection: UnixConnection) throws {
        guard connection.wantsToWrite else { return }
        let poller = try Poller()
        try poller.add(connection.number, token: 0, interest: .writable)
        while connection.wantsToWrite {
            _ = try poller.wait()
            try connection.flush()
        }
    }

    /// Whether the connection stays open.
    private func answer(_ connection: UnixConnection, _ socket: String) throws -> Bool {
        while let arrival = try connection.next() {
            guard case .line(let line) = arrival else { return false }
            let request = try ControlCoding.decodeRequest(line)
            asked.withLock { $0.append(Asked(socket: socket, request: request)) }
            for step in script(request) {
                switch step {
                case .send(let response):
                    try connection.send(line: Array(ControlCoding.encode(response).dropLast()))
                case .raw(let text): try connection.send(line: Array(text.utf8))
                case .close: return false
                }
                try waitUntilSent(connection)
            }
        }
        return true
    }
}
