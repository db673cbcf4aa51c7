// TLS over a connection that our poller drives: the only file that calls libssl. It owns one context and
// one session, both freed in deinit; errors are copied out at once.

import CTLS
import Linux

/// A TLS client, version 1.2 or later.
@safe
final class TLSSession: ByteChannel {
    /// Whom to believe.
    enum Demand: Hashable, Sendable {
        /// A certificate of this name by an authority that this machine knows.
        case certificate
        /// Anybody: that it answers is all one wants to know.
        case anybody
    }

    private let context: OpaquePointer?
    private let session: OpaquePointer?
    /// Keeps the descriptor open.
    private let stream: TCPStream

    /// Puts TLS on a connection.
    init(_ stream: TCPStream, _ demand: Demand, name: String) throws(ChannelFault) {
        self.stream = stream
        // Sound: NULL answers are looked at below, before anything uses the pointers; libssl copies
        // the name. The session takes its own count of the context.
        unsafe context = SSL_CTX_new(TLS_client_method())
        unsafe session = context.flatMap { unsafe SSL_new($0) }
        guard let context = unsafe context, let session = unsafe session else {
            throw ChannelFault(verdict: .unknown("TLS: \(TLSSession.reason())"))
        }
        var isReady = unsafe baton_tls_demand_1_2(session) == 1
        if demand == .certificate {
            isReady = unsafe SSL_CTX_set_default_verify_paths(context) == 1 && isReady
            unsafe SSL_set_verify(session, SSL_VERIFY_PEER, nil)
            if let address = IPAddress(name) {
                let text = "\(address)"
                let parameters = unsafe SSL_get0_param(session)
                isReady = unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, text) == 1 && isReady
            } else {
                isReady = unsafe SSL_set1_host(session, name) == 1 && isReady
            }
        } else {
            unsafe SSL_set_verify(session, SSL_VERIFY_NONE, nil)
        }
        if IPAddress(name) == nil {
            isReady = unsafe baton_tls_set_host_name(session, name) == 1 && isReady
        }
        isReady = unsafe SSL_set_fd(session, stream.number) == 1 && isReady
        guard isReady else { throw ChannelFault(verdict: .unknown("TLS: \(TLSSession.reason())")) }
    }

    deinit {
        // Sound: freed here only; both take NULL.
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    /// The handshake; nil when it is done, else what to wait for.
    func greet() throws(ChannelFault) -> Poller.Interest? {
        // Sound: `session` is open; in the functions below too.
        let result = unsafe SSL_connect(session)
        if result == 1 { return nil }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .readable
        case SSL_ERROR_WANT_WRITE: return .writable
        default:
            // A certificate is as bad on the other machine: nothing to act upon.
            let verification = unsafe SSL_get_verify_result(session)
            guard verification == Int(X509_V_OK) else {
                let words = unsafe String(cString: X509_verify_cert_error_string(verification))
                throw ChannelFault(
                    verdict: .unknown(
                        "TLS: the certificate is not good: \(words); --insecure takes any"
                    )
                )
            }
            throw ChannelFault(verdict: .failed("no TLS: \(TLSSession.reason())"))
        }
    }

    func send(_ bytes: [UInt8]) throws(ChannelFault) -> ChannelStep<Int> {
        // Sound: the count is the array's.
        let result = unsafe SSL_write(session, bytes, Int32(bytes.count))
        if result > 0 { return .done(Int(result)) }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .wait(.readable)
        case SSL_ERROR_WANT_WRITE: return .wait(.writable)
        default: throw ChannelFault(verdict: .failed("connection lost: \(TLSSession.reason())"))
        }
    }

    func receive() throws(ChannelFault) -> ChannelStep<[UInt8]> {
        var bytes = [UInt8](repeating: 0, count: 16384)
        // Sound: the count is the array's.
        let result = unsafe SSL_read(session, &bytes, Int32(bytes.count))
        if result > 0 { return .done(Array(bytes.prefix(Int(result)))) }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .wait(.readable)
        case SSL_ERROR_WANT_WRITE: return .wait(.writable)
        // Many servers close without TLS's goodbye; what is missing of the answer shows in it.
        case SSL_ERROR_ZERO_RETURN, SSL_ERROR_SYSCALL, SSL_ERROR_SSL: return .done([])
        default: throw ChannelFault(verdict: .failed("connection lost: \(TLSSession.reason())"))
        }
    }

    /// The oldest error of the queue, which is emptied.
    private static func reason() -> String {
        let number = ERR_get_error()
        ERR_clear_error()
        guard number != 0, let words = unsafe ERR_reason_error_string(number) else {
            return "the other end closed the connection"
        }
        return unsafe String(cString: words)
    }
}
