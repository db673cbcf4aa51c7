// Numbers for events and effects, taken into a story's digest: equal stories have equal numbers. What beats say
// is taken in by the bytes they are sent as.

import Failover

extension Event {
    /// A number for the digest.
    var mark: UInt64 {
        switch self {
        case .started(let start): 0x100 &+ start.incarnation.nonce
        case .heartbeatReceived(let beat, let link):
            0x200 &+ beat.sequence << 16 &+ UInt64(link.value) << 2
        case .heartbeatRepeated(let link): 0x300 &+ UInt64(link.value) << 2
        case .rolledBack: 0x400
        case .timeReached: 0x500
        case .persisted(let id): 0x600 &+ id.value << 16
        case .operationFinished(let id, let outcome): 0x700 &+ id.value << 16 &+ outcome.mark << 2
        case .probeAnswered(let answer): 0x800 &+ answer.address.low << 16
        case .linkChanged(let link, let isUp): 0x900 &+ UInt64(link.value) << 16 &+ (isUp ? 4 : 0)
        case .networksChanged: 0xa00
        case .neighbourHeard(let heard): 0xf00 &+ heard.address.low << 16
        case .pingAnswered(let address): 0x1000 &+ address.low << 16
        case .loopLate(let lateness): 0xb00 &+ UInt64(bitPattern: lateness.nanoseconds) << 16
        case .commandReceived(let id, _): 0xc00 &+ id.value << 16
        case .shutdownRequested: 0xd00
        case .healthChanged(let group, let failures):
            0xe00 &+ UInt64(group) << 16 &+ UInt64(failures.count) << 32
        case .dataObserved(let group, let seen):
            0x1100 &+ UInt64(group) << 16 &+ UInt64(seen?.replication.rawValue ?? 9) << 32
        case .readinessObserved(let group, let missing):
            0x1200 &+ UInt64(group) << 16 &+ (missing == nil ? 0 : 1 << 32)
        case .fenceRequested(let id, _, _): 0x1300 &+ id.value << 16
        case .peerFenceAnswered(let id, let reply):
            0x1400 &+ id.value << 16 &+ UInt64(bitPattern: Int64(reply?.verdict.exitCode ?? 0)) << 2
        case .outdateRequested(let id, _, _): 0x1500 &+ id.value << 16
        }
    }
}

extension OperationOutcome {
    /// A number for the digest.
    var mark: UInt64 {
        switch self {
        case .succeeded: 1
        case .running: 2
        case .stopped: 3
        case .unknown: 4
        case .failed: 5
        case .timedOut: 6
        case .cancelled: 7
        case .interrupted: 8
        case .suspended: 9
        }
    }
}

extension Effect {
    /// A number for the digest.
    var mark: UInt64 {
        switch self {
        case .sendHeartbeat: 1
        case .setPath(let link, let path):
            12 &+ UInt64(link.value) << 8 &+ (path == nil ? 0 : 1 << 16)
        case .ping(let address): 13 &+ address.low << 16
        case .persist(let id, _): 2 &+ id.value << 16
        case .runOperation(let operation):
            3 &+ operation.id.value << 16 &+ UInt64(operation.groupIndex) << 8
                &+ UInt64(operation.resourceIndex) << 12
        case .cancelOperation(let id): 4 &+ id.value << 16
        case .probe(let address): 5 &+ address.low << 16
        case .announceAddresses: 6
        case .reply(let id, let reply): 7 &+ id.value << 16 &+ UInt64(reply.outcome.rawValue) << 8
        case .progress(let id, _): 8 &+ id.value << 16
        case .observeData(let group): 14 &+ UInt64(group) << 16
        case .markData(let group, let isStale): 15 &+ UInt64(group) << 16 &+ (isStale ? 1 << 32 : 0)
        case .followPeer(let group, let follows):
            18 &+ UInt64(group) << 16 &+ (follows ? 1 << 32 : 0)
        case .writeAlone(let group, let isAlone):
            19 &+ UInt64(group) << 16 &+ (isAlone ? 1 << 32 : 0)
        case .askPeerToOutdate(let id, _, _): 16 &+ id.value << 16
        case .answerFence(let id, let reply):
            17 &+ id.value << 16 &+ UInt64(bitPattern: Int64(reply.verdict.exitCode)) << 8
        case .note(let notice): 9 &+ UInt64(notice.severity.rawValue) << 16
        case .resetNode: 10
        case .endDaemon: 11
        }
    }
}
