// What is going to happen in the world, in order of time: a binary heap over a plain array. Equal times
// keep the order in which they were planned.

import Failover

/// One thing planned in the world.
///
/// Numbers of boots and runs tell whether it still concerns anybody.
enum Happening {
    /// A datagram reaches the device of its receiver.
    case datagramArrived(packet: Int)
    /// An ARP request reaches the other machine.
    case probeArrived(asker: Int, run: Int, network: Int, address: IPAddress)
    /// An ARP reply reaches the machine that asked.
    case probeReturned(asker: Int, run: Int, network: Int, address: IPAddress)
    /// A host of the service network answers the machine that asked.
    case neighbourReturned(asker: Int, run: Int, side: Int, isEcho: Bool)
    /// A daemon is told how the device of a learnt path is.
    case carrierTold(node: Int, run: Int, link: Int)
    /// An operation ends by itself, by its deadline or by a signal.
    case operationEnded(node: Int, serial: UInt64)
    /// A write of the durable record is done.
    case writeEnded(node: Int, serial: UInt64)
    /// A deed of the story begins.
    case deedBegins(Int)
    /// A deed that lasts ends.
    case deedEnds(Int)
    /// A machine is switched on.
    case powerOn(node: Int, boot: Int)
    /// A daemon is started.
    case daemonStarts(node: Int, boot: Int, run: Int)
    /// A stopped daemon goes on.
    case daemonResumes(node: Int, run: Int)
    /// The keeper kills a daemon whose loop does not turn.
    case keeperActs(node: Int, run: Int)
    /// The keeper of a daemon that was killed speaks.
    case keeperSpeaks(node: Int, run: Int)
    /// A frozen machine goes on.
    case machineThaws(node: Int, boot: Int)
    /// A command or a shutdown should have ended by now.
    case replyDue(node: Int, run: Int, id: UInt64)
    /// The connection of a replicated disk follows the network.
    case volumeChanges(group: Int, serial: Int)
    /// A resynchronisation of it ends.
    case volumeSynced(group: Int, serial: Int)
    /// A daemon looks at its copy of a replicated disk.
    case lookDue(node: Int, run: Int, group: Int)
    /// A daemon learns whether what a group needs is there.
    case readinessDue(node: Int, run: Int, group: Int)
    /// It has looked.
    case lookEnds(node: Int, run: Int, group: Int, begunAt: Instant)
    /// All faults end.
    case quietBegins
    /// Time to look whether the world has settled.
    case look
}

/// A heap of planned happenings.
struct EventQueue {
    private struct Entry {
        var time: Int64
        var order: UInt64
        var what: Happening

        func precedes(_ other: Entry) -> Bool {
            time < other.time || (time == other.time && order < other.order)
        }
    }

    private var entries: [Entry] = []
    private var planned: UInt64 = 0

    init() { entries.reserveCapacity(256) }

    /// When the next happening is due; `Int64.max` for none.
    var nextTime: Int64 { entries.isEmpty ? Int64.max : entries[0].time }

    /// Plans `what` for `time`.
    mutating func plan(_ what: Happening, at time: Int64) {
        planned += 1
        entries.append(Entry(time: time, order: planned, what: what))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].precedes(entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the earliest; `nil` when nothing is planned.
    mutating func take() -> Happening? {
        guard let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return last.what }
        let first = entries[0]
        entries[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].precedes(entries[child]) { child += 1 }
            guard entries[child].precedes(entries[parent]) else { break }
            entries.swapAt(child, parent)
            parent = child
        }
        return first.what
    }
}
