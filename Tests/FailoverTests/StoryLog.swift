// A group whose data is kept by a log, in a story: a copy on each node, of which a primary's grows and a standby's
// receives what the primary writes while they are connected (PostgreSQL's streaming replication, in short).

@testable import Failover

struct StoryLog {
    struct Copy {
        var timeline: UInt32 = 1
        var location: UInt64 = 1000
        var isPrimary = false
        var runs = false
        /// A primary was ended in order.
        var isClosed = true
        var fork: UInt64?
    }

    var copies = [Copy(), Copy()]
    var isConnected = true
    /// Where the log of a copy that was made to follow had ended, for as long as its node tells.
    var parted: [UInt64?] = [nil, nil]

    /// Whether a node's copy streams from the other.
    func streams(_ index: Int) -> Bool {
        let (own, other) = (copies[index], copies[1 - index])
        return isConnected && own.runs && other.runs && !own.isPrimary && other.isPrimary
            && own.timeline == other.timeline
    }

    /// The primary writes so many bytes.
    mutating func write(_ count: UInt64, on index: Int) {
        copies[index].location += count
        if streams(1 - index) { copies[1 - index].location = copies[index].location }
    }

    mutating func connect(_ connects: Bool) {
        isConnected = connects
        for index in copies.indices where streams(index) {
            copies[index].location = copies[1 - index].location
        }
    }

    mutating func start(_ index: Int) {
        if !copies[index].isPrimary {
            copies[index].timeline += 1
            copies[index].fork = copies[index].location
        }
        copies[index].isPrimary = true
        copies[index].runs = true
        copies[index].isClosed = false
    }

    mutating func stop(_ index: Int) {
        guard copies[index].isPrimary, copies[index].runs else { return }
        write(1, on: index)
        copies[index].runs = false
        copies[index].isClosed = true
    }

    mutating func crash(_ index: Int) { copies[index].runs = false }

    /// As the program does: a standby runs; a primary's copy becomes one where the other serves on a later timeline.
    mutating func follow(_ index: Int) {
        let other = copies[1 - index]
        if copies[index].isPrimary {
            guard isConnected, other.runs, other.isPrimary, other.timeline > copies[index].timeline
            else { return }
            if !copies[index].isClosed {
                copies[index].isClosed = true
                return
            }
            copies[index].isPrimary = false
        }
        copies[index].runs = true
        guard isConnected, other.runs, other.isPrimary, other.timeline >= copies[index].timeline
        else { return }
        copies[index].timeline = other.timeline
        copies[index].location = other.location
    }

    func observation(_ index: Int, at begun: Instant) -> DataObservation {
        let copy = copies[index]
        let isOpen = copy.isPrimary && !copy.runs && !copy.isClosed
        let position = LogPosition(
            timeline: copy.timeline,
            location: copy.location,
            isPrimary: copy.isPrimary,
            isOpen: isOpen
        )
        let isStreamed = streams(1 - index)
        return DataObservation(
            replication: .inSync,
            obstacle: copy.isPrimary || copy.runs
                ? nil : DataObstacle(text: "the standby does not run", isAge: false),
            log: LogObservation(
                position: position,
                isStreaming: copy.isPrimary ? isStreamed : streams(index),
                fork: copy.fork,
                received: copy.isPrimary ? nil : copy.location,
                streams: copy.isPrimary && copy.runs ? (isStreamed ? 1 : 0) : nil,
                behind: isStreamed ? 0 : nil
            ),
            begunAt: begun
        )
    }
}
