// The two sockets by which people speak with the daemon: who may come in, lines, limits, replies.
// What a request does is the loop's; the lines are Wire's.

import Failover
import Linux
import Wire

/// The administrators' door and the readers' door.
final class ControlDoor {
    /// One request, and whom to answer.
    struct Request {
        var connection: UInt64
        var request: ControlRequest
    }

    /// Connections at once of one door; for one more the oldest that waits for no reply is closed, so
    /// that idle or half-spoken ones keep nobody out, and readers never an administrator.
    static let connectionsMaximum = 16
    /// Lines taken of one connection in one turn of the loop.
    private static let linesPerTurn = 8

    private struct Visitor {
        var connection: UnixConnection
        var mayWrite: Bool
        /// What the poller was told.
        var interest = Poller.Interest.readable
        /// A command of this connection has no final reply yet: the next line waits, in the kernel.
        var isWaiting = false
    }

    private let poller: Poller
    private let control: UnixListener
    private let status: UnixListener
    private var visitors: [UInt64: Visitor] = [:]
    private var nextToken = ControlDoor.firstToken
    /// Connections that may hold whole lines already read, of which the poller tells nothing.
    private var unread: Set<UInt64> = []
    /// Connections refused, or closed for another, for want of room or of permission.
    private(set) var refusedCount: UInt64 = 0

    private static let controlToken: UInt64 = 20
    private static let statusToken: UInt64 = 21
    private static let firstToken: UInt64 = 1 << 40

    /// Makes both sockets: 0600 for all verbs, 0660 for reading.
    init(_ paths: DaemonPaths, poller: Poller) throws(SystemError) {
        self.poller = poller
        control = try UnixListener(paths.controlSocket, mode: 0o600)
        status = try UnixListener(paths.statusSocket, mode: 0o660)
        try poller.add(control.number, token: ControlDoor.controlToken)
        try poller.add(status.number, token: ControlDoor.statusToken)
    }

    func owns(_ token: UInt64) -> Bool {
        token == ControlDoor.controlToken || token == ControlDoor.statusToken
            || visitors[token] != nil
    }

    /// Takes what a ready door or connection brings.
    func serve(_ readiness: Poller.Readiness) -> [Request] {
        switch readiness.token {
        case ControlDoor.controlToken:
            admit(control, mayWrite: true)
            return []
        case ControlDoor.statusToken:
            admit(status, mayWrite: false)
            return []
        default:
            if visitors[readiness.token]?.isWaiting == true, readiness.hasEnded {
                // Its end would be told again and again; the command goes on without a listener.
                close(readiness.token)
                return []
            }
            if readiness.isWritable { flush(readiness.token) }
            return readiness.isReadable ? read(readiness.token) : []
        }
    }

    /// Sends one response; a final one lets the connection ask again.
    func send(_ response: ControlResponse, to token: UInt64) {
        // `send(line:)` adds the end.
        send(ControlCoding.encode(response).dropLast(), isFinal: response.isFinal, to: token)
    }

    /// Sends a final response that is a line already, its newline left out.
    func sendFinal(line: [UInt8], to token: UInt64) { send(line, isFinal: true, to: token) }

    private func send(_ line: [UInt8], isFinal: Bool, to token: UInt64) {
        guard let visitor = visitors[token] else { return }
        if isFinal {
            visitors[token]?.isWaiting = false
            unread.insert(token)
        }
        do {
            try visitor.connection.send(line: line)
            adjust(token)
        } catch {
            // A reader that slow, or gone, is dropped; the command goes on.
            close(token)
        }
    }

    /// Whether requests may wait behind one that has had its final reply.
    var hasUnread: Bool { !unread.isEmpty }

    /// Requests that waited behind one that has had its final reply.
    func moreRequests() -> [Request] {
        let tokens = unread.sorted()
        unread = []
        return tokens.flatMap(read)
    }

    /// Removes the socket files at the end.
    func end() {
        ignoring { () throws(SystemError) in try control.removeFile() }
        ignoring { () throws(SystemError) in try status.removeFile() }
    }

    // MARK: details

    private func admit(_ listener: UnixListener, mayWrite: Bool) {
        do {
            while let connection = try listener.accept(
                lineMaximum: ControlCoding.lineMaximum,
                outputMaximum: ControlCoding.responseMaximum
            ) {
                // Checked before the first byte is read. The mode of the file keeps others out; this
                // holds also where a file's mode was changed by hand.
                let user = connection.credentials.user
                let isAllowed = !mayWrite || user == 0 || user == ProcessUser.own
                guard isAllowed, makeRoom(mayWrite: mayWrite) else {
                    refusedCount += 1
                    continue
                }
                let token = nextToken
                nextToken += 1
                try poller.add(connection.number, token: token)
                visitors[token] = Visitor(connection: connection, mayWrite: mayWrite)
            }
        } catch {
            // A caller that left before it was let in, or no descriptor for it.
            refusedCount += 1
        }
    }

    /// Whether one more can come in by this door, by which an idle one may have to leave.
    private func makeRoom(mayWrite: Bool) -> Bool {
        let inside = visitors.filter { $0.value.mayWrite == mayWrite }
        guard inside.count >= ControlDoor.connectionsMaximum else { return true }
        guard let oldest = inside.filter({ !$0.value.isWaiting }).keys.min() else { return false }
        refusedCount += 1
        close(oldest)
        return true
    }

    private func read(_ token: UInt64) -> [Request] {
        var requests: [Request] = []
        do {
            for _ in 0..<ControlDoor.linesPerTurn {
                guard let visitor = visitors[token], !visitor.isWaiting,
                    let arrival = try visitor.connection.next()
                else { break }
                guard case .line(let line) = arrival else {
                    close(token)
                    break
                }
                if let request = accept(line, token, visitor) { requests.append(request) }
            }
        } catch {
            close(token)
        }
        adjust(token)
        return requests
    }

    private func accept(_ line: [UInt8], _ token: UInt64, _ visitor: Visitor) -> Request? {
        do throws(ControlError) {
            let request = try ControlCoding.decodeRequest(line)
            guard visitor.mayWrite || request.isRead else {
                throw ControlError(
                    .notAllowed,
                    "\"\(request.verb.rawValue)\" belongs on control.sock; this socket is for reading"
                )
            }
            visitors[token]?.isWaiting = true
            return Request(connection: token, request: request)
        } catch {
            send(.error(error), to: token)
            return nil
        }
    }

    private func flush(_ token: UInt64) {
        do {
            try visitors[token]?.connection.flush()
            adjust(token)
        } catch {
            close(token)
        }
    }

    /// Tells the poller what this connection waits for: not for a line while it waits for a reply,
    /// else a caller that says more, or has closed its side, would keep the loop turning.
    private func adjust(_ token: UInt64) {
        guard let visitor = visitors[token] else { return }
        var interest: Poller.Interest = visitor.isWaiting ? [] : .readable
        if visitor.connection.wantsToWrite { interest.insert(.writable) }
        guard interest != visitor.interest else { return }
        visitors[token]?.interest = interest
        ignoring { () throws(SystemError) in
            try poller.modify(visitor.connection.number, token: token, interest: interest)
        }
    }

    private func close(_ token: UInt64) {
        unread.remove(token)
        guard let visitor = visitors.removeValue(forKey: token) else { return }
        ignoring { () throws(SystemError) in try poller.remove(visitor.connection.number) }
    }
}
