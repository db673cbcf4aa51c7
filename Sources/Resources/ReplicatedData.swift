// How replicated data stands, as a resource's program tells the daemon (S11): one line, read by the room Daemon.

/// What `data` and `outdate` print.
public struct ReplicatedData: Hashable, Sendable {
    /// Whether both sides have every write.
    public enum Replication: String, Sendable {
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        case inSync, detached, unknown
    }

    /// What the copy here is, by what replicates it.
    public enum Copy: String, Sendable {
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        case usable, outdated, inconsistent
    }

    /// Whether both sides have every write.
    public var replication: Replication
    /// The data's generation (DRBD current UUID, without its lowest bit); nil where there is none, or more than one.
    public var generation: UInt64?
    /// Why the data cannot be used here; nil where it can.
    public var obstacle: String?
    /// The data is whole, and only old.
    public var isAge: Bool
    /// Nobody knows whether it is old.
    public var isDoubt: Bool
    /// What the copy here is; nil where nobody says.
    public var copy: Copy?
    /// Where a copy that is kept by a log stands; nil where none is.
    public var log: ReplicatedLog?

    /// Makes it of its parts.
    public init(
        _ replication: Replication,
        generation: UInt64? = nil,
        obstacle: String? = nil,
        isAge: Bool = false,
        isDoubt: Bool = false,
        copy: Copy? = nil
    ) {
        self.replication = replication
        self.generation = generation
        self.obstacle = obstacle
        self.isAge = isAge
        self.isDoubt = isDoubt
        self.copy = copy
    }

    /// `replication=inSync generation=FA6DE0C931530076 copy=usable`; where there is an obstacle also
    /// `age=no obstacle=TEXT`, last, and `doubt=yes` before that; of a log the words of `ReplicatedLog` before both.
    public var line: String {
        var words = ["replication=\(replication.rawValue)"]
        if let generation {
            words.append("generation=\(String(generation, radix: 16, uppercase: true))")
        }
        if let copy { words.append("copy=\(copy.rawValue)") }
        if let log { words += log.words }
        if isDoubt { words.append("doubt=yes") }
        if let obstacle {
            let text = obstacle.split(whereSeparator: \.isNewline).joined(separator: " ")
            words.append("age=\(isAge ? "yes" : "no") obstacle=\(text)")
        }
        return words.joined(separator: " ")
    }

    /// Reads the first line of `text`; nil where it is none of these.
    public init?(line text: String) {
        guard let line = text.split(whereSeparator: \.isNewline).first else { return nil }
        self.init(.unknown)
        var isTold = false
        var log = ReplicatedLog()
        var rest = line[...]
        while !rest.isEmpty {
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let key = rest[..<equals]
            let isLast = key == "obstacle"
            let tail = rest[rest.index(after: equals)...]
            let value = isLast ? tail : tail.prefix { $0 != " " }
            rest = tail.dropFirst(value.count).drop { $0 == " " }
            switch key {
            case "replication":
                guard let known = Replication(rawValue: String(value)) else { return nil }
                replication = known
                isTold = true
            case "generation":
                guard let number = UInt64(value, radix: 16) else { return nil }
                generation = number
            case "age": isAge = value == "yes"
            case "doubt": isDoubt = value == "yes"
            // One that is not known here is none that may be relied on.
            case "copy": copy = Copy(rawValue: String(value))
            case "obstacle": obstacle = String(value)
            // A later program may say more.
            default: log.take(key, value)
            }
        }
        if log.timeline > 0 { self.log = log }
        guard isTold else { return nil }
    }
}

/// Where a copy that is kept by a log stands (PostgreSQL).
public struct ReplicatedLog: Hashable, Sendable {
    /// The timeline; 0 for none.
    public var timeline: UInt32 = 0
    /// Bytes of the log: written by a primary, replayed by a standby.
    public var location: UInt64 = 0
    /// The copy is a primary's.
    public var isPrimary = false
    /// A primary has written behind `location`, nobody knows how far.
    public var isOpen = false
    /// Where the present timeline of a primary began; nil where nobody knows.
    public var fork: UInt64?
    /// What a standby has received.
    public var received: UInt64?
    /// How many standbys stream from a primary that runs.
    public var streams: Int?
    /// By how many bytes the furthest of them is behind in replaying.
    public var behind: UInt64?
    /// How old what a standby replayed last is, in milliseconds; 0 where it has replayed all that it received.
    public var lag: Int64?
    /// What else is to be said, for people.
    public var note: String?

    /// Makes one without a place.
    public init() {}

    /// `timeline=2 location=3000060 role=primary end=open fork=3000000 streams=1 behind=0`, of a standby
    /// `received=3000060 lag=12`; `note=` has `_` for blanks.
    fileprivate var words: [String] {
        func hex(_ value: UInt64) -> String { String(value, radix: 16, uppercase: true) }
        var words = [
            "timeline=\(timeline)", "location=\(hex(location))",
            "role=\(isPrimary ? "primary" : "standby")",
        ]
        if isOpen { words.append("end=open") }
        if let fork { words.append("fork=\(hex(fork))") }
        if let received { words.append("received=\(hex(received))") }
        if let streams { words.append("streams=\(streams)") }
        if let behind { words.append("behind=\(behind)") }
        if let lag { words.append("lag=\(lag)") }
        if let note {
            words.append("note=" + String(note.map { $0.isWhitespace ? "_" : $0 }))
        }
        return words
    }

    fileprivate mutating func take(_ key: Substring, _ value: Substring) {
        switch key {
        case "timeline": timeline = UInt32(value) ?? 0
        case "location": location = UInt64(value, radix: 16) ?? 0
        case "role": isPrimary = value == "primary"
        case "end": isOpen = value == "open"
        case "fork": fork = UInt64(value, radix: 16)
        case "received": received = UInt64(value, radix: 16)
        case "streams": streams = Int(value)
        case "behind": behind = UInt64(value)
        case "lag": lag = Int64(value)
        case "note": note = String(value.map { $0 == "_" ? " " : $0 })
        default: break
        }
    }
}
