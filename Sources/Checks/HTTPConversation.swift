// One request to a web server and its answer, over TCP or TLS.

import Linux
import TLS

final class HTTPConversation: Conversation {
    private enum State {
        case connecting(TCPStream)
        case greeting(SecureChannel)
        case sending(any ByteChannel, rest: ArraySlice<UInt8>)
        case reading(any ByteChannel)
        case ended(Verdict)
    }

    private let request: [UInt8]
    private let tls: (demand: TLSSession.Demand, name: String)?
    private let expectation: HTTPExpectation
    private let stream: TCPStream?
    private var state: State
    private var answer = HTTPAnswer()
    private var interest = Poller.Interest.writable

    init(
        _ address: TCPAddress,
        request: [UInt8],
        tls: (demand: TLSSession.Demand, name: String)?,
        expectation: HTTPExpectation
    ) {
        self.request = request
        self.tls = tls
        self.expectation = expectation
        do throws(SystemError) {
            let stream = try TCPStream(connectingTo: address)
            self.stream = stream
            state = .connecting(stream)
        } catch {
            stream = nil
            state = .ended(
                error.call == "connect"
                    ? HTTPConversation.notConnected(error) : .unknown("cannot check: \(error)")
            )
        }
    }

    var watched: [(number: Int32, interest: Poller.Interest)] {
        if case .ended = state { return [] }
        return stream.map { [($0.number, interest)] } ?? []
    }

    var timeoutText: String {
        switch state {
        case .connecting, .ended: "timeout"
        case .greeting: "timeout: connected, but no TLS"
        case .sending: "timeout: connected, but it does not read"
        case .reading: answer.hasHead ? "timeout: the answer does not end" : "timeout: no answer"
        }
    }

    func advance() -> Verdict? {
        do throws(ChannelFault) {
            while try step() {}
        } catch {
            state = .ended(error.verdict)
        }
        if case .ended(let verdict) = state { return verdict }
        return nil
    }

    /// Whether it got further.
    private func step() throws(ChannelFault) -> Bool {
        switch state {
        case .connecting(let stream):
            do throws(SystemError) {
                guard try stream.finishConnecting() else { return false }
            } catch {
                throw ChannelFault(verdict: HTTPConversation.notConnected(error))
            }
            if let tls {
                state = .greeting(try SecureChannel(stream, tls.demand, name: tls.name))
            } else {
                state = .sending(PlainChannel(stream), rest: request[...])
            }
            return true
        case .greeting(let channel):
            if let wanted = try channel.greet() { return wait(wanted) }
            state = .sending(channel, rest: request[...])
            return true
        case .sending(let channel, let rest):
            guard !rest.isEmpty else {
                state = .reading(channel)
                return true
            }
            switch try channel.send(Array(rest)) {
            case .done(let count):
                state = .sending(channel, rest: rest.dropFirst(count))
                return true
            case .wait(let wanted): return wait(wanted)
            }
        case .reading(let channel): return try read(channel)
        case .ended: return false
        }
    }

    private func read(_ channel: any ByteChannel) throws(ChannelFault) -> Bool {
        switch try channel.receive() {
        case .wait(let wanted):
            return wait(wanted)
        case .done(let bytes):
            answer.append(bytes)
            let isEnough = expectation.needsBody ? answer.isComplete : answer.hasHead
            if bytes.isEmpty, answer.bytes.isEmpty {
                state = .ended(.failed("connection closed without an answer"))
            } else if bytes.isEmpty || isEnough || answer.isComplete {
                state = .ended(expectation.verdict(answer))
            } else if expectation.needsBody, expectation.verdict(answer) == .passed {
                state = .ended(.passed)  // What must be in it has come; the rest may take its time.
            }
            return true
        }
    }

    private func wait(_ wanted: Poller.Interest) -> Bool {
        interest = wanted
        return false
    }

    private static func notConnected(_ error: SystemError) -> Verdict {
        .failed("could not connect: \(error.errno.words)")
    }
}

/// Bytes both ways over a connection, without waiting.
protocol ByteChannel {
    /// How many bytes were taken.
    func send(_ bytes: [UInt8]) throws(ChannelFault) -> TLSStep<Int>
    /// What came; nothing at the end.
    func receive() throws(ChannelFault) -> TLSStep<[UInt8]>
}

/// A channel that broke, as what it says of the service.
struct ChannelFault: Error {
    var verdict: Verdict
}

/// TCP as it is.
struct PlainChannel: ByteChannel {
    private let stream: TCPStream

    init(_ stream: TCPStream) { self.stream = stream }

    func send(_ bytes: [UInt8]) throws(ChannelFault) -> TLSStep<Int> {
        do throws(SystemError) {
            return try stream.send(bytes).map { .done($0) } ?? .wait(.writable)
        } catch {
            throw ChannelFault(verdict: .failed("connection lost: \(error.errno.words)"))
        }
    }

    func receive() throws(ChannelFault) -> TLSStep<[UInt8]> {
        do throws(SystemError) {
            switch try stream.receive(maximum: 16384) {
            case .bytes(let bytes): return .done(bytes)
            case .endOfStream: return .done([])
            case .nothingYet: return .wait(.readable)
            }
        } catch {
            throw ChannelFault(verdict: .failed("connection lost: \(error.errno.words)"))
        }
    }
}

/// TLS, its faults as what they say of the service.
struct SecureChannel: ByteChannel {
    private let session: TLSSession

    init(_ stream: TCPStream, _ demand: TLSSession.Demand, name: String) throws(ChannelFault) {
        do throws(TLSFault) {
            session = try TLSSession(stream, demand, name: name)
        } catch {
            throw ChannelFault(error)
        }
    }

    /// The handshake; nil when it is done, else what to wait for.
    func greet() throws(ChannelFault) -> Poller.Interest? {
        do throws(TLSFault) {
            return try session.greet()
        } catch {
            throw ChannelFault(error)
        }
    }

    func send(_ bytes: [UInt8]) throws(ChannelFault) -> TLSStep<Int> {
        do throws(TLSFault) {
            return try session.send(bytes)
        } catch {
            throw ChannelFault(error)
        }
    }

    func receive() throws(ChannelFault) -> TLSStep<[UInt8]> {
        do throws(TLSFault) {
            return try session.receive()
        } catch {
            throw ChannelFault(error)
        }
    }
}

extension ChannelFault {
    /// A certificate is as bad on the other machine: nothing to act upon.
    fileprivate init(_ fault: TLSFault) {
        switch fault {
        case .unavailable(let words): verdict = .unknown("TLS: \(words)")
        case .certificate(let words):
            verdict = .unknown("TLS: the certificate is not good: \(words); --insecure takes any")
        case .handshake(let words): verdict = .failed("no TLS: \(words)")
        case .lost(let words): verdict = .failed("connection lost: \(words)")
        }
    }
}
