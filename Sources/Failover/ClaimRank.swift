// Which of two claims on one group yields (S9). When the question comes up is in `Machine+Groups`.

/// What decides between two claims on one group (S9), in this order.
struct ClaimRank: Comparable {
    var isLate: Bool
    var isProved: Bool
    var hasStartedStorage: Bool
    var epoch: UInt64
    var isFirstNode: Bool

    /// The lesser claim yields.
    static func < (left: ClaimRank, right: ClaimRank) -> Bool {
        if left.isLate != right.isLate { return left.isLate }
        if left.isProved != right.isProved { return !left.isProved }
        if left.hasStartedStorage != right.hasStartedStorage { return !left.hasStartedStorage }
        if left.epoch != right.epoch { return left.epoch < right.epoch }
        return !left.isFirstNode
    }

    /// What tells the two apart, in words.
    func comparison(with other: ClaimRank, peer: NodeName) -> String {
        let stays = self < other ? "\(peer) stays" : "this node stays"
        if isLate != other.isLate { return "\(stays): the other was late" }
        if isProved != other.isProved {
            return "\(stays): its claim was granted, the other's is by evidence"
        }
        if hasStartedStorage != other.hasStartedStorage {
            return "\(stays): the other has started no storage"
        }
        if epoch != other.epoch { return "\(stays): epochs \(epoch) here, \(other.epoch) there" }
        return "\(stays): equal claims, first in the order of `node` lines"
    }
}
