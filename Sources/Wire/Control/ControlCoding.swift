// Control messages to lines of JSON and back. Lines come from whoever may open the socket: their length
// is limited before they are parsed, and each fault has a name.

public import Failover
internal import FoundationEssentials

/// The bytes of control messages.
public enum ControlCoding {
    /// The longest request line in bytes, its newline left out.
    public static let lineMaximum = 65_536
    /// The longest response line: a status of many groups is longer than any request.
    public static let responseMaximum = 4 * 1_048_576

    /// A request's line, newline included; keys in alphabetical order.
    public static func encode(_ request: ControlRequest) -> [UInt8] { line(request) }

    /// A response's line, newline included; keys in alphabetical order.
    public static func encode(_ response: ControlResponse) -> [UInt8] { line(response) }

    /// Reads a request.
    ///
    /// - Parameter line: the line; a newline at its end does not matter.
    /// - Returns: the request.
    /// - Throws: `ControlError`, ready to be sent back.
    public static func decodeRequest(_ line: [UInt8]) throws(ControlError) -> ControlRequest {
        try decode(ControlRequest.self, line, maximum: lineMaximum)
    }

    /// Reads a response.
    ///
    /// - Throws: `ControlError` when the daemon says what this program does not understand.
    public static func decodeResponse(_ line: [UInt8]) throws(ControlError) -> ControlResponse {
        try decode(ControlResponse.self, line, maximum: responseMaximum)
    }

    /// The status as `baton status --json` prints it: indented, keys in alphabetical order.
    public static func text(_ status: Status) -> String { indented(status) }

    /// The status with the other node's own, in `peerView`; or why there is none, in `peerViewReason`.
    public static func text(_ status: Status, peerView: Result<Status, ControlError>) -> String {
        indented(StatusOfBoth(own: status, peerView: peerView))
    }

    /// What `baton explain --json` prints: both nodes' accounts, or why the other's is absent.
    public static func text(_ own: Explanation, peer: Result<Explanation, ControlError>) -> String {
        indented(ExplanationOfBoth(own: own, peer: peer))
    }

    private static func indented(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: encoded(value, by: encoder), as: UTF8.self)
    }

    /// A value's line, newline included; keys in alphabetical order.
    static func line(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoded(value, by: encoder) + [UInt8(ascii: "\n")]
    }

    /// Our own values hold no fraction, so that nothing in them can fail to be encoded.
    private static func encoded(_ value: some Encodable, by encoder: JSONEncoder) -> [UInt8] {
        do {
            return [UInt8](try encoder.encode(value))
        } catch {
            preconditionFailure("a control message cannot be encoded: \(error)")
        }
    }

    /// Reads a value of a line.
    static func decode<Message: Decodable>(
        _ type: Message.Type,
        _ line: [UInt8],
        maximum: Int
    ) throws(ControlError) -> Message {
        let newline = line.last == UInt8(ascii: "\n") ? 1 : 0
        guard line.count - newline <= maximum else {
            throw ControlError(.lineTooLong, "a line is longer than \(maximum) bytes")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(line))
        } catch let error as ControlError {
            throw error
        } catch DecodingError.keyNotFound(let key, _) {
            throw ControlError(.badField, "the field \"\(key.stringValue)\" is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(
            _,
            let context
        )
        {
            guard let key = context.codingPath.last else {
                throw ControlError(.notJSON, "a line is not a JSON object")
            }
            throw ControlError(.badField, "the field \"\(key.stringValue)\" has a wrong type")
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            let key = context.codingPath.last?.stringValue ?? ""
            throw ControlError(.badField, "the field \"\(key)\" has a value that does not exist")
        } catch {
            throw ControlError(.notJSON, "a line is not a JSON object")
        }
    }
}

extension ControlRequest: Codable {
    private enum Key: String, CodingKey {
        case verb
        case scope
        case group
        case node
        case typed
        case exec
        case cause
        case name
        case names
        case seconds
        case by
        case reason
        case acceptsDataLoss
        case resource
        case peers
    }

    /// Reads the fields of the table at the type.
    ///
    /// - Throws: `ControlError` for an unknown verb or scope, `DecodingError` for other faults.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let word = try fields.decode(String.self, forKey: .verb)
        guard let verb = ControlVerb(rawValue: word) else {
            let known = ControlVerb.allCases.map(\.rawValue).joined(separator: " ")
            throw ControlError(
                .unknownVerb,
                "there is no verb \"\(word.prefix(64))\"; verbs: \(known)"
            )
        }
        switch verb {
        case .ping: self = .ping
        case .version: self = .version
        case .status: self = .status
        case .monitors: self = .monitors(try fields.decodeIfPresent(String.self, forKey: .name))
        case .peerStatus: self = .peerStatus
        case .peerFiles: self = .peerFiles
        case .explain: self = .explain(try Self.group(fields))
        case .peerExplain: self = .peerExplain(try Self.group(fields))
        case .replicas:
            self = .replicas(try ResourceWord.readIfPresent(fields, .resource))
        case .peerReplicas:
            self = .peerReplicas(try ResourceWord.readIfPresent(fields, .resource))
        case .outdatePeer:
            let peers = try fields.decodeIfPresent([String].self, forKey: .peers) ?? []
            guard peers.count <= ResourceWord.peersMaximum else {
                throw ControlError(
                    .badField,
                    "at most \(ResourceWord.peersMaximum) peers are named"
                )
            }
            self = .outdatePeer(resource: try ResourceWord.read(fields, .resource), peers: peers)
        case .standby:
            self = .standby(
                try Self.scope(fields),
                cause: try fields.decodeIfPresent(String.self, forKey: .cause)
            )
        case .clear: self = .clear(try Self.scope(fields))
        case .freeze:
            self = .freeze(
                try Self.scope(fields),
                seconds: try Self.seconds(fields),
                by: try fields.decode(String.self, forKey: .by),
                reason: try fields.decode(String.self, forKey: .reason)
            )
        case .thaw: self = .thaw(try Self.scope(fields))
        case .monitorsDisable: self = .monitorsDisable(try Self.names(fields))
        case .monitorsEnable: self = .monitorsEnable(try Self.names(fields))
        case .takeover:
            self = .takeover(
                try Self.scope(fields),
                acceptsDataLoss: try fields.decodeIfPresent(Bool.self, forKey: .acceptsDataLoss)
                    ?? false
            )
        case .failback: self = .failback
        case .confirmDown:
            self = .confirmDown(
                node: NodeName(try fields.decode(String.self, forKey: .node)),
                typed: try fields.decode(String.self, forKey: .typed)
            )
        case .reload:
            self = .reload(exec: try fields.decodeIfPresent(Bool.self, forKey: .exec) ?? false)
        }
    }

    /// Writes the fields of the table at the type.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(verb.rawValue, forKey: .verb)
        switch self {
        case .ping, .version, .status, .failback, .peerStatus, .peerFiles:
            break
        case .explain(let group), .peerExplain(let group):
            try fields.encodeIfPresent(group?.text, forKey: .group)
        case .replicas(let resource), .peerReplicas(let resource):
            try fields.encodeIfPresent(resource, forKey: .resource)
        case .outdatePeer(let resource, let peers):
            try fields.encode(resource, forKey: .resource)
            if !peers.isEmpty { try fields.encode(peers, forKey: .peers) }
        case .monitors(let name):
            try fields.encodeIfPresent(name, forKey: .name)
        case .standby(let scope, let cause):
            try Self.encode(scope, &fields)
            try fields.encodeIfPresent(cause, forKey: .cause)
        case .takeover(let scope, let acceptsDataLoss):
            try Self.encode(scope, &fields)
            if acceptsDataLoss { try fields.encode(true, forKey: .acceptsDataLoss) }
        case .clear(let scope), .thaw(let scope):
            try Self.encode(scope, &fields)
        case .freeze(let scope, let seconds, let by, let reason):
            try Self.encode(scope, &fields)
            try fields.encodeIfPresent(seconds, forKey: .seconds)
            try fields.encode(by, forKey: .by)
            try fields.encode(reason, forKey: .reason)
        case .monitorsDisable(let names), .monitorsEnable(let names):
            try fields.encode(names, forKey: .names)
        case .confirmDown(let node, let typed):
            try fields.encode(node.text, forKey: .node)
            try fields.encode(typed, forKey: .typed)
        case .reload(let exec):
            try fields.encode(exec, forKey: .exec)
        }
    }

    private static func encode(
        _ scope: Scope,
        _ fields: inout KeyedEncodingContainer<Key>
    ) throws {
        try fields.encode(scope.word, forKey: .scope)
        if case .group(let name) = scope { try fields.encode(name.text, forKey: .group) }
    }

    private static func group(_ fields: KeyedDecodingContainer<Key>) throws -> GroupName? {
        try fields.decodeIfPresent(String.self, forKey: .group).map(GroupName.init)
    }

    private static func seconds(_ fields: KeyedDecodingContainer<Key>) throws -> Int64? {
        guard let seconds = try fields.decodeIfPresent(Int64.self, forKey: .seconds) else {
            return nil
        }
        guard (1...freezeMaximum).contains(seconds) else {
            throw ControlError(.badField, "a freeze lasts 1 to \(freezeMaximum) seconds")
        }
        return seconds
    }

    private static func names(_ fields: KeyedDecodingContainer<Key>) throws -> [String] {
        let names = try fields.decode([String].self, forKey: .names)
        guard (1...namesMaximum).contains(names.count) else {
            throw ControlError(.badField, "there must be 1 to \(namesMaximum) names")
        }
        return names
    }

    private static func scope(_ fields: KeyedDecodingContainer<Key>) throws -> Scope {
        let word = try fields.decode(String.self, forKey: .scope)
        switch word {
        case "all": return .all
        case "local": return .local
        case "foreign": return .foreign
        case "failback": return .failback
        case "group": return .group(GroupName(try fields.decode(String.self, forKey: .group)))
        default:
            throw ControlError(
                .badField,
                "there is no scope \"\(word.prefix(64))\"; scopes: all local foreign failback group"
            )
        }
    }
}

extension Scope {
    /// The word on the line.
    fileprivate var word: String {
        switch self {
        case .all: "all"
        case .local: "local"
        case .foreign: "foreign"
        case .failback: "failback"
        case .group: "group"
        }
    }
}

extension ControlResponse: Codable {
    private enum Key: String, CodingKey {
        case type
        case text
        case outcome
        case status
        case version
        case files
        case explanation
        case fence
        case replicas
        case code
    }

    /// Reads the fields of the table at the type.
    ///
    /// - Throws: `ControlError` for an unknown type, `DecodingError` for other faults.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let type = try fields.decode(String.self, forKey: .type)
        switch type {
        case "progress":
            self = .progress(try fields.decode(String.self, forKey: .text))
        case "reply":
            self = .reply(try CommandReply(from: decoder))
        case "status":
            self = .status(try fields.decode(Status.self, forKey: .status))
        case "version":
            self = .version(try fields.decode(String.self, forKey: .version))
        case "files":
            self = .files(try fields.decode(NodeFiles.self, forKey: .files))
        case "explanation":
            self = .explanation(try fields.decode(Explanation.self, forKey: .explanation))
        case "replicas":
            self = .replicas(try fields.decode(ReplicaReport.self, forKey: .replicas))
        case "fence":
            self = .fence(try fields.decode(FenceReply.self, forKey: .fence))
        case "error":
            self = .error(try ControlError(from: decoder))
        default:
            throw ControlError(
                .unknownVerb,
                "the daemon answered with \"\(type.prefix(64))\", which this program does not know"
            )
        }
    }

    /// Writes the fields of the table at the type.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        switch self {
        case .progress(let text):
            try fields.encode("progress", forKey: .type)
            try fields.encode(text, forKey: .text)
        case .reply(let reply):
            try fields.encode("reply", forKey: .type)
            try fields.encode(reply.outcome, forKey: .outcome)
            try fields.encode(reply.text, forKey: .text)
        case .status(let status):
            try fields.encode("status", forKey: .type)
            try fields.encode(status, forKey: .status)
        case .version(let version):
            try fields.encode("version", forKey: .type)
            try fields.encode(version, forKey: .version)
        case .files(let files):
            try fields.encode("files", forKey: .type)
            try fields.encode(files, forKey: .files)
        case .explanation(let explanation):
            try fields.encode("explanation", forKey: .type)
            try fields.encode(explanation, forKey: .explanation)
        case .replicas(let report):
            try fields.encode("replicas", forKey: .type)
            try fields.encode(report, forKey: .replicas)
        case .fence(let reply):
            try fields.encode("fence", forKey: .type)
            try fields.encode(reply, forKey: .fence)
        case .error(let error):
            try fields.encode("error", forKey: .type)
            try fields.encode(error.code, forKey: .code)
            try fields.encode(error.text, forKey: .text)
        }
    }
}
