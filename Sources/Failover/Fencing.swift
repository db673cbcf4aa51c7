// The values of the questions about the other node's copy of replicated data (S11): this node's DRBD asks before it
// goes on without the other (`fence-peer`), and the other node is asked to have its copy marked as old. What is
// decided is in `Machine+Fencing`.

/// A question about the other node's copy, of this node's DRBD or of the other node's.
public struct FenceID: Hashable, Sendable {
    /// Its number, given by the daemon; no two questions on their way have the same.
    public var value: UInt64

    /// Makes it.
    public init(_ value: UInt64) { self.value = value }
}

/// What a node's copy of a replicated resource is, by what replicates it.
public enum CopyState: Int, Sendable, Codable {
    /// Nothing is known against it.
    case usable
    /// It is whole, and known to be old: what replicates it does not let it be used.
    case outdated
    /// It is not even whole.
    case inconsistent
}

/// What is known of the other node's copy.
public enum FenceVerdict: String, Sendable, Codable, CaseIterable {
    /// It is not even whole.
    case inconsistent
    /// It is marked as old, on its disk.
    case outdated
    /// Its node is not there: it is dead, has left, or does not answer.
    case unreachable
    /// Its node has it in use: the copy of whoever asks is the old one.
    case active
    /// It cannot be told yet; to be asked again.
    case pending
    /// Nothing is known, and nothing was done.
    case refused

    /// What DRBD's `fence-peer` handler exits with (drbd.conf(5)).
    ///
    /// 3 inconsistent, 4 outdated, 5 unreachable, 6 active. 1 where nothing is known: DRBD takes it for a handler that
    /// failed, and changes nothing. Never 7 (fenced): for a copy that is UpToDate it means what 5 means, and one of which
    /// nobody knows whether it is current it would make current.
    public var exitCode: Int32 {
        switch self {
        case .inconsistent: 3
        case .outdated: 4
        case .unreachable: 5
        case .active: 6
        case .pending, .refused: 1
        }
    }
}

/// The answer to a question about the other node's copy.
public struct FenceReply: Equatable, Sendable, Codable {
    /// What is known.
    public var verdict: FenceVerdict
    /// One sentence with the facts, for people.
    public var text: String

    /// Makes an answer of its parts.
    public init(_ verdict: FenceVerdict, _ text: String) {
        self.verdict = verdict
        self.text = text
    }
}

/// The questions that have no answer yet; at most `maximum` of either kind.
struct FenceDesk: Sendable {
    /// One question.
    struct Question: Sendable {
        var id: FenceID
        /// The group's place in `Settings.groups`.
        var group: Int
        /// The resource's place in the group.
        var resource: Int
        /// When it was asked.
        var since: Instant
    }

    /// Questions of either kind at once.
    static let maximum = 8

    /// Of this node's DRBD, which the other node is asked about.
    var own: [Question] = []
    /// Of the other node: the copy here is being marked.
    var peers: [Question] = []
}
