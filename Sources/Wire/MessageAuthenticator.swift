// HMAC by libcrypto: one reusable context per key. Nothing here knows what the bytes mean.
//
// A context costs 1.4 µs to make and 0.36 µs to use again, so each key keeps one. It is started anew
// before each message and never duplicated: `EVP_MAC_CTX_dup` of a finalised context gives a wrong
// tag without any error, so each return is checked and the tag's length too.

internal import COpenSSL

/// One key's HMAC context; not thread-safe, and so neither is the session that holds it.
@safe
final class MACContext {
    let method: AuthenticationMethod
    /// Owned: made in `init`, freed in `deinit`, handed to libcrypto only during a call.
    private let context: OpaquePointer

    /// Makes a context of a key.
    ///
    /// - Throws: `WireError.methodUnavailable` when libcrypto refuses the method or the key.
    init(_ key: AuthenticationKey) throws(WireError) {
        method = key.method
        // The fetched algorithm is counted: the context takes its own reference, ours ends here.
        guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else {
            throw .methodUnavailable(key.method)
        }
        defer { unsafe EVP_MAC_free(algorithm) }
        guard let context = unsafe EVP_MAC_CTX_new(algorithm) else {
            throw .methodUnavailable(key.method)
        }
        unsafe self.context = context
        var digest = key.method.opensslName
        // Both pointers are used only during EVP_MAC_init, which copies name and key.
        let started = unsafe digest.withUnsafeMutableBufferPointer { name in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string("digest", name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return unsafe EVP_MAC_init(context, key.secret, key.secret.count, parameters)
        }
        guard started == 1, unsafe EVP_MAC_CTX_get_mac_size(context) == key.method.tagLength else {
            throw .methodUnavailable(key.method)
        }
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    /// Writes the tag of `datagram[..<length]` to `datagram[length...]`, which has room for it.
    ///
    /// - Returns: `false` when libcrypto failed; the datagram must then not be sent.
    func sign(_ datagram: inout [UInt8], length: Int) -> Bool {
        precondition(length >= 0 && datagram.count - length == method.tagLength)
        // In bounds by the precondition; the pointer does not leave the closure.
        return unsafe datagram.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe compute(base, length, into: base + length)
        }
    }

    /// Whether `tag` is the tag of the first `length` bytes of `datagram`, where it follows them.
    ///
    /// Compares in constant time (`CRYPTO_memcmp`), so that a forger learns nothing byte by byte.
    func verify(_ datagram: Span<UInt8>, length: Int) -> Bool {
        guard length >= 0, datagram.count - length == method.tagLength else { return false }
        // In bounds by the guard; the pointers do not leave the closures.
        return unsafe datagram.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            var tag: InlineArray<32, UInt8> = .init(repeating: 0)
            var span = tag.mutableSpan
            return unsafe span.withUnsafeMutableBufferPointer { buffer in
                guard let own = buffer.baseAddress,
                    unsafe compute(base, length, into: own)
                else { return false }
                return unsafe CRYPTO_memcmp(own, base + length, method.tagLength) == 0
            }
        }
    }

    /// Computes the tag of `count` bytes at `bytes` into the `tagLength` bytes at `tag`.
    private func compute(
        _ bytes: UnsafePointer<UInt8>,
        _ count: Int,
        into tag: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        var written = 0
        // A nil key starts the context anew with the key it has.
        guard unsafe EVP_MAC_init(context, nil, 0, nil) == 1,
            unsafe EVP_MAC_update(context, bytes, count) == 1,
            unsafe EVP_MAC_final(context, tag, &written, method.tagLength) == 1
        else { return false }
        return written == method.tagLength
    }
}

extension AuthenticationMethod {
    /// The digest's name for libcrypto, with the terminating zero.
    fileprivate var opensslName: [CChar] {
        switch self {
        case .sha256: [CChar]("SHA256".utf8CString)
        case .sha1: [CChar]("SHA1".utf8CString)
        case .md5: [CChar]("MD5".utf8CString)
        }
    }
}

/// The contexts of a keyring, found by key id.
struct MessageAuthenticator {
    /// The keys; `nil` for the simulator's `identity`.
    let keyring: Keyring?
    /// Bit n is set when there is a key n.
    let mask: UInt16
    /// Sixteen places, by id.
    private let contexts: [MACContext?]

    init(_ authentication: Authentication) throws(WireError) {
        keyring = authentication.keyring
        mask = authentication.keyring?.mask ?? 0
        var contexts = [MACContext?](repeating: nil, count: 16)
        for key in authentication.keyring?.keys ?? [] {
            contexts[Int(key.id)] = try MACContext(key)
        }
        self.contexts = contexts
    }

    /// The context of key `id`, when there is such a key.
    func context(_ id: UInt8) -> MACContext? { id < 16 ? contexts[Int(id)] : nil }
}
