// What the peer channel makes of a key of authkeys: the pre-shared key of TLS, and a digest that tells whether
// two nodes mean the same secret. Both by HKDF (RFC 5869), so that neither says anything of the secret, of the
// tags under it, or of the other.

/// Keys derived from those of authkeys.
public enum ChannelKey {
    /// What binds the derived bytes to their use; another meaning gets another number.
    static let channelUse = "baton peer channel 1"
    static let digestUse = "baton key digest 1"

    /// The pre-shared key of the peer channel.
    ///
    /// **Shape** 32 bytes: HKDF-SHA-256 without salt over the secret's bytes as authkeys has them, with the
    /// info `baton peer channel 1`. The method under which the key signs beats does not matter.
    ///
    /// - Throws: `WireError.methodUnavailable` without HMAC-SHA-256.
    public static func preshared(_ secret: [UInt8]) throws(WireError) -> [UInt8] {
        try derive(secret, channelUse)
    }

    /// The identity by which a key is named in TLS: its number in decimal.
    public static func identity(_ id: UInt8) -> String { String(id) }

    /// A digest of a secret, for comparing: 32 hexadecimal digits.
    ///
    /// Who knows it can try out short secrets, so it is shown to those alone who may read authkeys.
    ///
    /// - Throws: `WireError.methodUnavailable` without HMAC-SHA-256.
    public static func digest(_ secret: [UInt8]) throws(WireError) -> String {
        let digits = Array("0123456789abcdef")
        return String(
            try derive(secret, digestUse).prefix(16).flatMap {
                [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
            }
        )
    }

    /// `digest` of any key of authkeys: empty for one without a secret, and where libcrypto refuses.
    public static func digest(ofKeyWith secret: [UInt8]) -> String {
        secret.isEmpty ? "" : (try? digest(secret)) ?? ""
    }

    /// HKDF-SHA-256 for one block: extract with a salt of zeros, expand with `use`.
    static func derive(_ secret: [UInt8], _ use: String) throws(WireError) -> [UInt8] {
        let extracted = try hmac(key: [UInt8](repeating: 0, count: 32), secret)
        return try hmac(key: extracted, Array(use.utf8) + [1])
    }

    private static func hmac(key: [UInt8], _ message: [UInt8]) throws(WireError) -> [UInt8] {
        let context = try MACContext(AuthenticationKey(id: 0, method: .sha256, secret: key))
        var bytes = message + [UInt8](repeating: 0, count: AuthenticationMethod.sha256.tagLength)
        guard context.sign(&bytes, length: message.count) else {
            throw .methodUnavailable(.sha256)
        }
        return Array(bytes[message.count...])
    }
}
