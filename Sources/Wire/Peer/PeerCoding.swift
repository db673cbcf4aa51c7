// Messages of the peer channel to lines of JSON and back. Answers are those of the control sockets.

internal import Failover
internal import FoundationEssentials

/// The bytes of the peer channel.
public enum PeerCoding {
    /// The longest line of a client, hello or request, its newline left out.
    public static let requestMaximum = 4096
    /// The longest answer.
    public static let replyMaximum = 1_048_576

    /// A hello's line, newline included.
    public static func encode(_ hello: PeerHello) -> [UInt8] { ControlCoding.line(hello) }

    /// A request's line, newline included.
    public static func encode(_ request: PeerRequest) -> [UInt8] { ControlCoding.line(request) }

    /// Reads a hello.
    ///
    /// - Throws: `ControlError`.
    public static func decodeHello(_ line: [UInt8]) throws(ControlError) -> PeerHello {
        try ControlCoding.decode(PeerHello.self, line, maximum: requestMaximum)
    }

    /// Reads a request.
    ///
    /// - Throws: `ControlError`, ready to be sent back.
    public static func decodeRequest(_ line: [UInt8]) throws(ControlError) -> PeerRequest {
        try ControlCoding.decode(PeerRequest.self, line, maximum: requestMaximum)
    }

    /// Reads an answer.
    ///
    /// - Throws: `ControlError` when the other daemon says what this one does not understand.
    public static func decodeReply(_ line: [UInt8]) throws(ControlError) -> ControlResponse {
        try ControlCoding.decode(ControlResponse.self, line, maximum: replyMaximum)
    }
}

extension PeerRequest: Codable {
    private enum Key: String, CodingKey {
        case verb
        case group
        case resource
    }

    /// Reads the fields of the table at the type.
    ///
    /// - Throws: `ControlError` for an unknown verb, `DecodingError` for other faults.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let verb = try fields.decode(String.self, forKey: .verb)
        switch verb {
        case "status": self = .status
        case "files": self = .files
        case "explain":
            self = .explain(
                try fields.decodeIfPresent(String.self, forKey: .group).map(GroupName.init)
            )
        case "replicas":
            self = .replicas(resource: try ResourceWord.readIfPresent(fields, .resource))
        case "outdate":
            self = .outdate(resource: try ResourceWord.read(fields, .resource))
        default:
            throw ControlError(
                .unknownVerb,
                "there is no verb \"\(verb.prefix(64))\" on the peer channel; verbs: status files explain replicas outdate"
            )
        }
    }

    /// Writes the fields of the table at the type.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        switch self {
        case .status: try fields.encode("status", forKey: .verb)
        case .files: try fields.encode("files", forKey: .verb)
        case .explain(let group):
            try fields.encode("explain", forKey: .verb)
            try fields.encodeIfPresent(group?.text, forKey: .group)
        case .replicas(let resource):
            try fields.encode("replicas", forKey: .verb)
            try fields.encodeIfPresent(resource, forKey: .resource)
        case .outdate(let resource):
            try fields.encode("outdate", forKey: .verb)
            try fields.encode(resource, forKey: .resource)
        }
    }
}

/// The name of a replicated resource on a line.
enum ResourceWord {
    /// The longest name in bytes; DRBD's own limit is 127.
    static let maximum = 128
    /// The most hosts that DRBD names; it knows no more.
    static let peersMaximum = 32

    /// Reads it, where it is there.
    static func readIfPresent<Key: CodingKey>(
        _ fields: KeyedDecodingContainer<Key>,
        _ key: Key
    ) throws -> String? {
        try fields.contains(key) ? read(fields, key) : nil
    }

    /// Reads it.
    static func read<Key: CodingKey>(
        _ fields: KeyedDecodingContainer<Key>,
        _ key: Key
    ) throws -> String {
        let name = try fields.decode(String.self, forKey: key)
        guard (1...maximum).contains(name.utf8.count) else {
            throw ControlError(.badField, "a resource's name has 1 to \(maximum) bytes")
        }
        return name
    }
}

extension NodeFile: Codable {
    private enum Key: String, CodingKey {
        case name
        case text
        case base64
    }

    /// Reads either form.
    ///
    /// - Throws: `DecodingError`.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        name = try fields.decode(String.self, forKey: .name)
        if let text = try fields.decodeIfPresent(String.self, forKey: .text) {
            bytes = Array(text.utf8)
        } else {
            bytes = [UInt8](try fields.decode(Data.self, forKey: .base64))
        }
    }

    /// Writes the text, or where the bytes are none, the bytes.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(name, forKey: .name)
        if let text = String(validating: bytes, as: UTF8.self) {
            try fields.encode(text, forKey: .text)
        } else {
            try fields.encode(Data(bytes), forKey: .base64)
        }
    }
}
