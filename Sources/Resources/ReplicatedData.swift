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
    /// `age=no obstacle=TEXT`, last, and `doubt=yes` before that.
    public var line: String {
        var words = ["replication=\(replication.rawValue)"]
        if let generation {
            words.append("generation=\(String(generation, radix: 16, uppercase: true))")
        }
        if let copy { words.append("copy=\(copy.rawValue)") }
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
            default: continue
            }
        }
        guard isTold else { return nil }
    }
}
