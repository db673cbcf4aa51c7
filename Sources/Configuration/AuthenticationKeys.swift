// The keys of authkeys as values, and the text of a new authkeys. Making a MAC is `Wire`'s business;
// reading the file is `AuthkeysParser`; random bytes come from the caller.

/// The keys that sign and check beats.
public struct AuthenticationKeys: Equatable, Sendable {
    /// `auth N`: the key this node wants to sign with (in effect once the peer announced N).
    public var signingID: UInt8
    /// All keys, each accepted inbound, in ascending order of id; contains `signingID`.
    public var keys: [AuthenticationKey]

    /// The key with an id, if the file has it.
    public func key(_ id: UInt8) -> AuthenticationKey? {
        keys.first { $0.id == id }
    }

    /// The text of an authkeys file with one new SHA-256 key.
    ///
    /// - Parameter secret: Random bytes, 32 recommended; written in hexadecimal. The secret that signs
    ///   is that text, as with Heartbeat.
    /// - Returns: Two lines, to be written with mode 0600.
    public static func newFile(secret: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        let text = String(secret.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        return "auth 1\n1 sha256 \(text)\n"
    }
}

extension AuthenticationKey: CustomStringConvertible, CustomReflectable {
    /// The id and the method: a key that is printed by mistake keeps its secret.
    public var description: String { "key \(id) \(method.rawValue)" }

    /// No children, for the same reason.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// One line of authkeys.
public struct AuthenticationKey: Equatable, Sendable {
    /// How a packet is signed.
    public enum Method: String, Sendable, CaseIterable {
        /// No key: a checksum, no protection against anybody.
        ///
        /// For migration.
        case crc
        /// HMAC-MD5.
        ///
        /// For migration.
        case md5
        /// HMAC-SHA1.
        ///
        /// For migration.
        case sha1
        /// HMAC-SHA256: what `baton keygen` writes.
        case sha256
    }

    /// 0...15.
    public var id: UInt8
    /// How a packet is signed.
    public var method: Method
    /// The third word's bytes as they stand in the file; empty for `crc`.
    public var secret: [UInt8]
}
