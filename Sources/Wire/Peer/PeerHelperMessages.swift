// What the deciding loop and the program `batond-peer` say to each other over their socket pair, as values and
// as bytes. That program speaks TLS with its like on the other node, so that the loop never does.

/// What the loop tells the program.
public enum PeerOrder: Equatable, Sendable {
    /// Say `PeerReport.echo`; how the loop sees that the program turns.
    case ping(UInt64)
    /// Who this is; the first order, and once.
    case settings(PeerSettings)
    /// Ask the other node, and report `part`s or `failed`.
    case ask(PeerQuestion)
    /// A piece of the answer to the other node's question of this number.
    case answer(UInt64, [UInt8], isLast: Bool)

    /// **Shape** kind (0...3), then the fields in order, as `MessageWriter` lays them out.
    public var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .ping(let number):
            writer.put(UInt64(0))
            writer.put(number)
        case .settings(let settings):
            writer.put(UInt64(1))
            writer.put(PeerSettings.version)
            writer.put(settings.cluster)
            writer.put(settings.node)
            writer.put(settings.peer)
            writer.put(UInt64(settings.keys.count))
            for key in settings.keys {
                writer.put(UInt64(key.id))
                writer.put(key.preshared)
            }
            Self.put(settings.addresses, in: &writer)
        case .ask(let question):
            writer.put(UInt64(2))
            writer.put(question.id)
            writer.put(question.request)
            writer.put(UInt64(question.key))
            writer.put(UInt64(question.port))
            writer.put(question.timeout)
            Self.put(question.addresses, in: &writer)
        case .answer(let id, let bytes, let isLast):
            writer.put(UInt64(3))
            writer.put(id)
            writer.put(bytes)
            writer.put(UInt64(isLast ? 1 : 0))
        }
        return writer.bytes
    }

    /// Reads an order; nil for what is none.
    public init?(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        switch reader.number() {
        case 0:
            guard let number = reader.number() else { return nil }
            self = .ping(number)
        case 1:
            guard reader.number() == PeerSettings.version, let cluster = reader.text(),
                let node = reader.text(), let peer = reader.text(),
                let count = reader.number(), count <= 16
            else { return nil }
            var keys: [PeerSettings.Key] = []
            for _ in 0..<count {
                guard let id = reader.number(), let preshared = reader.data() else { return nil }
                keys.append(.init(id: UInt8(truncatingIfNeeded: id), preshared: preshared))
            }
            guard let addresses = Self.addresses(&reader) else { return nil }
            self = .settings(
                PeerSettings(
                    cluster: cluster,
                    node: node,
                    peer: peer,
                    keys: keys,
                    addresses: addresses
                )
            )
        case 2:
            guard let id = reader.number(), let request = reader.data(), let key = reader.number(),
                let port = reader.number(), let timeout = reader.signed(),
                let addresses = Self.addresses(&reader)
            else { return nil }
            self = .ask(
                PeerQuestion(
                    id: id,
                    request: request,
                    key: UInt8(truncatingIfNeeded: key),
                    port: UInt16(truncatingIfNeeded: port),
                    timeout: timeout,
                    addresses: addresses
                )
            )
        case 3:
            guard let id = reader.number(), let bytes = reader.data(), let isLast = reader.number()
            else { return nil }
            self = .answer(id, bytes, isLast: isLast == 1)
        default: return nil
        }
    }

    private static func put(_ addresses: [[UInt8]], in writer: inout MessageWriter) {
        writer.put(UInt64(addresses.count))
        for address in addresses { writer.put(address) }
    }

    private static func addresses(_ reader: inout MessageReader) -> [[UInt8]]? {
        guard let count = reader.number(), count <= 64 else { return nil }
        var addresses: [[UInt8]] = []
        for _ in 0..<count {
            guard let address = reader.data() else { return nil }
            addresses.append(address)
        }
        return addresses
    }
}

/// Who a node is on the peer channel.
public struct PeerSettings: Equatable, Sendable {
    /// The version of these messages: an upgrade changes the program's file under a daemon that runs.
    static let version: UInt64 = 1

    /// A key of authkeys as the channel uses it.
    public struct Key: Equatable, Sendable {
        /// Its number.
        public var id: UInt8
        /// `ChannelKey.preshared` of its secret.
        public var preshared: [UInt8]

        /// Makes it of its parts.
        public init(id: UInt8, preshared: [UInt8]) {
            self.id = id
            self.preshared = preshared
        }
    }

    /// The cluster's name.
    public var cluster: String
    /// This node.
    public var node: String
    /// The other node.
    public var peer: String
    /// All keys of authkeys that prove something.
    public var keys: [Key]
    /// The other node's addresses, 4 or 16 bytes each, whose connections strangers must not crowd out.
    public var addresses: [[UInt8]]

    /// Makes it of its parts.
    public init(
        cluster: String,
        node: String,
        peer: String,
        keys: [Key],
        addresses: [[UInt8]]
    ) {
        self.cluster = cluster
        self.node = node
        self.peer = peer
        self.keys = keys
        self.addresses = addresses
    }
}

/// One question to the other node.
public struct PeerQuestion: Equatable, Sendable {
    /// The number the loop knows it by.
    public var id: UInt64
    /// The request's line, without newline.
    public var request: [UInt8]
    /// The number of the key to connect with.
    public var key: UInt8
    /// The TCP port.
    public var port: UInt16
    /// How long it may take altogether, in nanoseconds.
    public var timeout: Int64
    /// Where the other node may be, 4 or 16 bytes each, the likeliest first.
    public var addresses: [[UInt8]]

    /// Makes it of its parts.
    public init(
        id: UInt64,
        request: [UInt8],
        key: UInt8,
        port: UInt16,
        timeout: Int64,
        addresses: [[UInt8]]
    ) {
        self.id = id
        self.request = request
        self.key = key
        self.port = port
        self.timeout = timeout
        self.addresses = addresses
    }
}

/// What the program tells the loop.
public enum PeerReport: Equatable, Sendable {
    /// The number of a ping.
    case echo(UInt64)
    /// A piece of the other node's answer to the question of this number: a line that was understood, its newline
    /// left out.
    case part(UInt64, [UInt8], isLast: Bool)
    /// The question of this number has no answer, and why; 0 for all, where the program cannot run.
    case failed(UInt64, String)
    /// The other node asks; the request's line. The number is to be given back with the answer.
    case question(UInt64, [UInt8])
    /// Nothing has been going on for a while.
    case idle
    /// Something for the log.
    case note(String)

    /// The longest piece of an answer, in either direction.
    public static let partMaximum = 65_536

    /// **Shape** kind (0...5), then the fields in order, as `MessageWriter` lays them out.
    public var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .echo(let number):
            writer.put(UInt64(0))
            writer.put(number)
        case .part(let id, let bytes, let isLast):
            writer.put(UInt64(1))
            writer.put(id)
            writer.put(bytes)
            writer.put(UInt64(isLast ? 1 : 0))
        case .failed(let id, let why):
            writer.put(UInt64(2))
            writer.put(id)
            writer.put(why)
        case .question(let id, let request):
            writer.put(UInt64(3))
            writer.put(id)
            writer.put(request)
        case .idle: writer.put(UInt64(4))
        case .note(let text):
            writer.put(UInt64(5))
            writer.put(text)
        }
        return writer.bytes
    }

    /// Reads a report; nil for what is none.
    public init?(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        switch reader.number() {
        case 0:
            guard let number = reader.number() else { return nil }
            self = .echo(number)
        case 1:
            guard let id = reader.number(), let bytes = reader.data(), let isLast = reader.number()
            else { return nil }
            self = .part(id, bytes, isLast: isLast == 1)
        case 2:
            guard let id = reader.number(), let why = reader.text() else { return nil }
            self = .failed(id, why)
        case 3:
            guard let id = reader.number(), let request = reader.data() else { return nil }
            self = .question(id, request)
        case 4: self = .idle
        case 5:
            guard let text = reader.text() else { return nil }
            self = .note(text)
        default: return nil
        }
    }
}
