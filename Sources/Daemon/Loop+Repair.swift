// A group's address that somebody else took off its device: a network service that was restarted, a
// device that was made anew, a hand. Whether it is put back the core says: only while it holds the group
// and nothing makes it doubt that.

import Configuration
import Failover
import Linux

extension Loop {
    /// The shortest time between two repairs: whoever removes again and again is not fought faster.
    static let repairPause: Int64 = 1_000_000_000

    /// How long after a change of devices or addresses it is looked at: once for many changes.
    static let repairDelay: Int64 = 50_000_000

    /// Devices or addresses have changed.
    func considerRepair() {
        guard repairAt == nil else { return }
        repairAt = max(now + Loop.repairDelay, (lastRepair ?? 0) + Loop.repairPause)
    }

    /// Puts back what is missing of the groups that run here, when it is time.
    func repairAddresses() {
        guard let time = repairAt, time <= now, hasBegun else { return }
        repairAt = nil
        // What comes or goes by an edited list is none of this.
        guard listChanges?.isPending != true else { return considerRepair() }
        let there = view.present
        for (place, wishes) in loaded.groupWishes.enumerated() where core.holdsUndisputed(place) {
            let missing = wishes.filter { !there.contains($0.address) }
            if !missing.isEmpty { repair(missing, loaded.cluster.groups[place].name) }
        }
    }

    private func repair(_ missing: [AddressWish], _ group: String) {
        lastRepair = now
        let rest = missing.count > 1 ? " and \(missing.count - 1) more" : ""
        let what = "\(missing[0].address)\(rest)"
        var work = AddressWork(.start, missing)
        switch addresses.advance(&work, until: .max) {
        case .succeeded:
            let shortcoming = work.shortcoming.map { "; \($0)" } ?? ""
            log.say(
                .error,
                "\(group): somebody else removed \(what), which belongs here: put back\(shortcoming)"
            )
            announce(missing)
        case .failed(let failure):
            // The device may come back: its change asks again.
            log.say(
                .error,
                "\(group): somebody else removed \(what), which belongs here and cannot be put back"
                    + " now: \(failure.output)"
            )
        default: break  // a start of an address has no other end
        }
    }
}
