// Every limit of the channel that is a time; those that are numbers stand with what they limit.

/// How long things may take, in nanoseconds.
struct ChannelLimits: Sendable {
    /// From a connection's first packet to its first question.
    var hello: Int64 = 3_000_000_000
    /// From one answer to the next question.
    var idle: Int64 = 5_000_000_000
    /// From a question until its answer has gone: a slower reader is dropped.
    var answer: Int64 = 10_000_000_000
    /// Without anything going on for so long the program tells the loop that it is idle.
    var idleAfter: Int64 = 5_000_000_000
    /// From one way to the other node to the next, unless the first fails at once.
    var stagger: Int64 = 250_000_000
    /// From one note about connections that came to nothing to the next.
    var note: Int64 = 60_000_000_000
}
