// TLS over a connection that our poller drives: the only file that calls libssl. It owns one context and
// one session, both freed in deinit; errors are copied out at once. What is said over it is the caller's.

internal import CTLS
public import Linux

/// What became of a try.
public enum TLSStep<Outcome> {
    /// It went so far.
    case done(Outcome)
    /// Try again when the connection is so.
    case wait(Poller.Interest)
}

/// Why a session is none any more; the text has no full stop and names no address.
public enum TLSFault: Error, Equatable, Sendable {
    /// libssl refuses what we asked of it: nothing is said about the other end.
    case unavailable(String)
    /// The other end's certificate is not believed.
    case certificate(String)
    /// The other end is not believed for another reason, or speaks no TLS.
    case handshake(String)
    /// The session broke later.
    case lost(String)
}

/// One end of a TLS session, which never waits.
///
/// Order of use: `greet` until it answers nil, then `send` and `receive`. SIGPIPE must be ignored: libssl
/// writes to the socket itself.
///
/// While nothing is on its way it keeps no buffers.
@safe
public final class TLSSession {
    /// Whom to believe.
    public enum Demand: Hashable, Sendable {
        /// A certificate of this name by an authority that this machine knows.
        case certificate
        /// Anybody: that it answers is all one wants to know.
        case anybody
    }

    private let context: OpaquePointer?
    private let session: OpaquePointer?
    /// The keys of a session by pre-shared key; libssl looks at them while there is a context.
    private let ring: UnsafeMutablePointer<baton_psk_ring>?
    /// Keeps the descriptor open.
    private let stream: TCPStream

    private init(
        _ stream: TCPStream,
        _ method: OpaquePointer?,
        keys: [PresharedKey]
    ) throws(TLSFault) {
        self.stream = stream
        // Sound: NULL answers are looked at before anything uses the pointers. Identities and keys are copied,
        // with the counts that are theirs; the ring is freed after the context. The session takes its own count
        // of the context, and a copy of what the context says, so that it is made last.
        unsafe context = SSL_CTX_new(method)
        unsafe ring = keys.isEmpty ? nil : baton_psk_ring_make()
        var isReady = unsafe context != nil
        if let context = unsafe context {
            unsafe baton_tls_set_modes(context)
            if let ring = unsafe ring {
                for key in keys {
                    let identity = Array(key.identity.utf8)
                    let isAdded = unsafe baton_psk_ring_add(
                        ring,
                        identity,
                        identity.count,
                        key.secret
                    )
                    isReady = isReady && isAdded == 1
                }
                isReady = unsafe baton_tls_demand_psk(context, ring) == 1 && isReady
            } else {
                isReady = isReady && keys.isEmpty
            }
        }
        unsafe session = context.flatMap { unsafe SSL_new($0) }
        guard isReady, let session = unsafe session,
            unsafe SSL_set_fd(session, stream.number) == 1
        else { throw .unavailable(TLSSession.reason()) }
    }

    /// A client, version 1.2 or later, of a server that has a certificate.
    ///
    /// - Parameters:
    ///   - stream: a connection that is there.
    ///   - demand: whom to believe.
    ///   - name: the server's name, for its certificate and its choice of one.
    /// - Throws: `TLSFault.unavailable`.
    public convenience init(
        _ stream: TCPStream,
        _ demand: Demand,
        name: String
    ) throws(TLSFault) {
        unsafe try self.init(stream, TLS_client_method(), keys: [])
        // Sound: both are open, and libssl copies the name.
        guard let context = unsafe context, let session = unsafe session else { return }
        unsafe SSL_set_connect_state(session)
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
        guard isReady else { throw .unavailable(TLSSession.reason()) }
    }

    /// A client, version 1.3, of a server that has this key too.
    ///
    /// - Throws: `TLSFault.unavailable`.
    public convenience init(
        _ stream: TCPStream,
        connectingWith key: PresharedKey
    ) throws(TLSFault) {
        try self.init(stream, isServer: false, [key])
    }

    /// A server, version 1.3, for clients that have one of these keys.
    ///
    /// - Throws: `TLSFault.unavailable`.
    public convenience init(
        _ stream: TCPStream,
        accepting keys: [PresharedKey]
    ) throws(TLSFault) {
        try self.init(stream, isServer: true, keys)
    }

    private convenience init(
        _ stream: TCPStream,
        isServer: Bool,
        _ keys: [PresharedKey]
    ) throws(TLSFault) {
        guard !keys.isEmpty else { throw .unavailable("there is no key") }
        // Sound: the method is a constant of libssl, and the session is open.
        unsafe try self.init(
            stream,
            isServer ? TLS_server_method() : TLS_client_method(),
            keys: keys
        )
        guard let session = unsafe session else { return }
        // No authority is known, so that a server with a certificate instead of the key is not believed.
        if isServer {
            unsafe SSL_set_accept_state(session)
        } else {
            unsafe SSL_set_verify(session, SSL_VERIFY_PEER, nil)
            unsafe SSL_set_connect_state(session)
        }
    }

    deinit {
        // Sound: freed here only, the keys last; all take NULL.
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
        if let ring = unsafe ring { unsafe baton_psk_ring_free(ring) }
    }

    /// The handshake; nil when it is done, else what to wait for.
    public func greet() throws(TLSFault) -> Poller.Interest? {
        // Sound: `session` is open; in the functions below too.
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(session)
        if result == 1 {
            guard unsafe ring == nil || SSL_session_reused(session) == 1 else {
                throw .handshake("the other end did without the key")
            }
            return nil
        }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .readable
        case SSL_ERROR_WANT_WRITE: return .writable
        default:
            let verification = unsafe SSL_get_verify_result(session)
            // libssl's mark for a session of a key, which has no certificate.
            let isByKey = unsafe ring != nil && verification == Int(X509_V_ERR_UNSPECIFIED)
            guard isByKey || verification == Int(X509_V_OK) else {
                ERR_clear_error()
                throw .certificate(
                    unsafe String(cString: X509_verify_cert_error_string(verification))
                )
            }
            throw .handshake(TLSSession.reason())
        }
    }

    /// Sends what is taken now; how many bytes that was.
    public func send(_ bytes: [UInt8]) throws(TLSFault) -> TLSStep<Int> {
        ERR_clear_error()
        // Sound: the count is the array's.
        let result = unsafe SSL_write(session, bytes, Int32(clamping: bytes.count))
        if result > 0 { return .done(Int(result)) }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .wait(.readable)
        case SSL_ERROR_WANT_WRITE: return .wait(.writable)
        default: throw .lost(TLSSession.reason())
        }
    }

    /// What has come, at most 16,384 bytes; none at the end.
    public func receive() throws(TLSFault) -> TLSStep<[UInt8]> {
        ERR_clear_error()
        var bytes = [UInt8](repeating: 0, count: 16384)
        // Sound: the count is the array's.
        let result = unsafe SSL_read(session, &bytes, Int32(bytes.count))
        if result > 0 { return .done(Array(bytes.prefix(Int(result)))) }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .wait(.readable)
        case SSL_ERROR_WANT_WRITE: return .wait(.writable)
        // Many close without TLS's goodbye; what is missing of the answer shows in it.
        case SSL_ERROR_ZERO_RETURN, SSL_ERROR_SYSCALL, SSL_ERROR_SSL: return .done([])
        default: throw .lost(TLSSession.reason())
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
