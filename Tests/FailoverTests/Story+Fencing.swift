// The questions about copies of replicated data in a story: a node's DRBD asks its core, the peer channel brings the
// question over, and back.

import Failover

extension Story {
    /// The DRBD of a node asks before it goes on without the other.
    @discardableResult
    func fence(_ index: Int) -> FenceID {
        let id = UInt64(fences.count + 1)
        fences[id] = (index, nil)
        write(index, "its DRBD asks for the copy of \(names[1 - index])")
        give(index, .fenceRequested(FenceID(id), group: 0, resource: 1))
        return FenceID(id)
    }

    /// The DRBD of the other node asks, which the daemon there would not let through.
    func ask(of index: Int, group: Int = 0, resource: Int = 1) {
        let id = UInt64(fences.count + 1)
        fences[id] = (index, nil)
        give(index, .outdateRequested(FenceID(id), group: group, resource: resource))
    }

    /// A node is told something.
    func tell(_ index: Int, _ event: Event) { give(index, event) }

    /// The peer channel brings a question over, or nothing for two seconds.
    func ask(_ index: Int, _ own: FenceID, _ group: Int, _ resource: Int) {
        let other = 1 - index
        guard hasPeerChannel, nodes[other].isRunning else {
            schedule(
                now + .seconds(2),
                .act { [self] in give(index, .peerFenceAnswered(own, nil)) }
            )
            return
        }
        let id = UInt64(fences.count + 1)
        fences[id] = (index, own.value)
        schedule(
            now + .milliseconds(3),
            .act { [self] in
                write(other, "is asked to mark its copy")
                give(other, .outdateRequested(FenceID(id), group: group, resource: resource))
            }
        )
    }

    func answer(_ index: Int, _ id: FenceID, _ reply: FenceReply) {
        guard let fence = fences[id.value] else { return }
        write(index, "answers \(reply.verdict.rawValue): \(reply.text)")
        guard let own = fence.isPeers else { return fenced.append((index, reply)) }
        schedule(
            now + .milliseconds(3),
            .act { [self] in give(fence.node, .peerFenceAnswered(FenceID(own), reply)) }
        )
    }
}
