// A group's address that somebody else took off its device: a network service that was restarted, a
// device that was made anew, a hand. Whether it is put back the core says: only while it holds the group
// and nothing makes it doubt that.

import Configuration
import Failover
import Linux

extension Loop {
    /// The shortest time between two repairs: whoever removes again and again is not fought faster.
    static let repairPause: Int64 = 1_000_000_000

    /// Puts back what is missing of the groups that run here; called when devices or addresses have
    /// changed, and when the pause is over.
    func repairAddresses() {
        guard hasBegun else { return }
        if let last = lastRepair, now - last < Loop.repairPause {
            repairAt = last + Loop.repairPause
            return
        }
        repairAt = nil
        for place in loaded.wishes.indices where core.holdsUndisputed(place) {
            for wish in loaded.wishes[place] {
                if let wish, view.places(of: wish.address).isEmpty {
                    repair(wish, loaded.cluster.groups[place].name)
                }
            }
        }
    }

    private func repair(_ wish: AddressWish, _ group: String) {
        lastRepair = now
        switch addresses.perform(.start, wish) {
        case .succeeded:
            log.say(
                .error,
                "\(group): somebody else removed \(wish.address), which belongs here: put back"
            )
            announce(wish.address)
        case .failed(let failure):
            // The device may come back: its change asks again.
            log.say(
                .error,
                "\(group): somebody else removed \(wish.address), which belongs here and cannot be"
                    + " put back now: \(failure.output)"
            )
        default: break  // a start of an address has no other end
        }
    }
}
