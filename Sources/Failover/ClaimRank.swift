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
        // What was granted to who then slept may have been overtaken: of two that slept, who took later knows more.
        if left.isLate, left.epoch != right.epoch { return left.epoch < right.epoch }
        if left.isProved != right.isProved { return !left.isProved }
        if left.hasStartedStorage != right.hasStartedStorage { return !left.hasStartedStorage }
        if left.epoch != right.epoch { return left.epoch < right.epoch }
        return !left.isFirstNode
    }

    /// What tells the two apart, in words.
    func comparison(with other: ClaimRank, peer: NodeName) -> String {
        let stays = self < other ? "\(peer) stays" : "this node stays"
        if isLate != other.isLate { return "\(stays): the other was late" }
        if isLate, epoch != other.epoch {
            return "\(stays): both were late, epochs \(epoch) here, \(other.epoch) there"
        }
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
