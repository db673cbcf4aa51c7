// A key that both ends of a connection have, as TLS 1.3 knows it. Where it comes from is the caller's.

/// A pre-shared key (RFC 8446, 4.2.11): who has it is believed.
public struct PresharedKey: Sendable {
    /// How many one end may know.
    public static let countMaximum = 16
    /// Bytes of an identity.
    public static let identityMaximum = 8
    /// Bytes of a key, those of SHA-256.
    public static let length = 32

    /// The name by which the client tells the server which key it means; goes over the network in clear.
    public let identity: String
    /// The key, `length` bytes that are as good as random.
    let secret: [UInt8]

    /// A key of its parts; nil for an identity beyond 1...8 bytes or another length.
    public init?(identity: String, secret: [UInt8]) {
        guard (1...PresharedKey.identityMaximum).contains(identity.utf8.count),
            secret.count == PresharedKey.length
        else { return nil }
        self.identity = identity
        self.secret = secret
    }
}

extension PresharedKey: CustomStringConvertible, CustomReflectable {
    /// The identity; never the secret, which must not reach a log.
    public var description: String { "key \(identity)" }
    /// The identity; never the secret.
    public var customMirror: Mirror { Mirror(self, children: ["identity": identity]) }
}
