// What makes a datagram believed: the keys of `authkeys` and the choice between them. How a tag is
// computed is in `MessageAuthenticator`; which key signs when is in `Session+Keys`.

/// One key of `authkeys` (`1 sha256 secret`).
///
/// `crc` is not a method here: it proves nothing about the sender, so a datagram under it would be
/// as good as one under no key. Configuration refuses it by name.
public struct AuthenticationKey: Equatable, Sendable {
    /// The number before the method, 0...15; both nodes must mean the same secret by it.
    public var id: UInt8
    /// The digest under the HMAC.
    public var method: AuthenticationMethod
    /// The HMAC key (RFC 2104), 1...1,024 bytes: the bytes of the word in `authkeys`.
    public var secret: [UInt8]

    /// Makes a key of its parts; checked when it enters a `Keyring`.
    public init(id: UInt8, method: AuthenticationMethod, secret: [UInt8]) {
        self.id = id
        self.method = method
        self.secret = secret
    }
}

extension AuthenticationKey: CustomStringConvertible, CustomReflectable {
    /// Number and method; never the secret, which must not reach a log.
    public var description: String { "\(id) \(method.rawValue)" }
    /// Number and method; never the secret.
    public var customMirror: Mirror { Mirror(self, children: ["id": id, "method": method]) }
}

/// The digest under an HMAC, by its name in `authkeys`.
public enum AuthenticationMethod: String, CaseIterable, Sendable {
    /// HMAC-SHA-256 (RFC 4231): what `baton keygen` writes.
    case sha256
    /// HMAC-SHA-1 (RFC 2202): read to migrate from Heartbeat.
    case sha1
    /// HMAC-MD5 (RFC 2202): read to migrate from Heartbeat.
    case md5

    /// The length of a tag in bytes: 32, 20, 16.
    public var tagLength: Int {
        switch self {
        case .sha256: 32
        case .sha1: 20
        case .md5: 16
        }
    }
}

/// All keys of an `authkeys` file, and the one its `auth` line names.
public struct Keyring: Equatable, Sendable {
    /// The keys, 1...16, each id once, in the file's order.
    public let keys: [AuthenticationKey]
    /// The id of the key to sign with as soon as the peer has announced that it knows it.
    public let signing: UInt8

    /// Checks the keys.
    ///
    /// - Throws: `WireError.badKeyring` with the fault in words, when an id is above 15 or twice there,
    ///   a secret is empty or longer than 1,024 bytes, or no key has the id `signing`.
    public init(keys: [AuthenticationKey], signing: UInt8) throws(WireError) {
        var seen: UInt16 = 0
        for key in keys {
            guard key.id < 16 else { throw .badKeyring("key \(key.id): ids are 0 to 15") }
            guard !key.secret.isEmpty, key.secret.count <= 1024 else {
                throw .badKeyring("key \(key.id): a secret has 1 to 1024 bytes")
            }
            guard seen & 1 << key.id == 0 else { throw .badKeyring("key \(key.id) is there twice") }
            seen |= 1 << key.id
        }
        guard signing < 16, seen & 1 << signing != 0 else {
            throw .badKeyring("auth \(signing): there is no key \(signing)")
        }
        self.keys = keys
        self.signing = signing
    }

    /// Bit n is set when there is a key n.
    var mask: UInt16 { keys.reduce(0) { $0 | 1 << $1.id } }
}

/// How datagrams are authenticated.
///
/// Configuration makes a `Keyring`, and the only way from there leads to `hmac`. The absence of
/// authentication exists behind the SPI `Simulation` alone, for one figure of the simulator.
public struct Authentication: Equatable, Sendable {
    let keyring: Keyring?

    /// HMAC with the keys of `authkeys`.
    public static func hmac(_ keyring: Keyring) -> Authentication {
        Authentication(keyring: keyring)
    }

    /// No tag at all: what the simulator uses to show what HMAC costs.
    ///
    /// A session of this kind and one with keys never accept each other's datagrams.
    @_spi(Simulation) public static var identity: Authentication { Authentication(keyring: nil) }
}

/// Why a session could not be made.
public enum WireError: Error, Equatable, Sendable {
    /// The keys contradict themselves; the text says how.
    case badKeyring(String)
    /// libcrypto does not provide this method (a FIPS build without MD5, for instance).
    case methodUnavailable(AuthenticationMethod)
    /// A cluster or node name is empty or longer than 100 bytes.
    case badName(String)
    /// A continuation was made by another layout or was cut while it was written.
    case badContinuation
}

extension WireError: CustomStringConvertible {
    /// One sentence for administrators.
    public var description: String {
        switch self {
        case .badKeyring(let fault): "authkeys: \(fault)"
        case .methodUnavailable(let method):
            "the system's libcrypto does not provide HMAC with \(method.rawValue)"
        case .badName(let name): "a cluster or node name has 1 to 100 bytes: \"\(name)\""
        case .badContinuation: "what the daemon left for its keeper is incomplete"
        }
    }
}
