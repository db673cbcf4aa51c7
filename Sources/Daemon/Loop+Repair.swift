// A group's address that somebody else took off its device: a network service that was restarted, a
// device that was made anew, a hand. Whether it is put back the core says: only while it holds the group
// and nothing makes it doubt that.

import Configuration
import Failover
import Linux

/// Addresses of a group that are being put back, a slice of a turn at a time.
struct AddressRepair {
    /// The group's place.
    let group: Int
    fileprivate var work: AddressWork
}

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

    /// Looks for what is missing of the groups that run here, when it is time.
    func repairAddresses() {
        guard let time = repairAt, time <= now, hasBegun else { return }
        repairAt = nil
        // What comes or goes by an edited list is none of this, nor what is put back already; what runs here is not known
        // before it was looked at.
        guard listChanges?.isPending != true, repairs.isEmpty, !core.phases.contains(.unknown)
        else { return considerRepair() }
        let there = view.present
        for (place, wishes) in loaded.groupWishes.enumerated() where core.holdsUndisputed(place) {
            let missing = wishes.filter { !there.contains($0.address) }
            if missing.isEmpty {
                repairShortcomings[place] = nil
            } else {
                lastRepair = now
                repairs.append(AddressRepair(group: place, work: AddressWork(.start, missing)))
            }
        }
    }

    /// Goes on with the first repair; there is one.
    func repair(until deadline: Int64) {
        // A group that is given up, or whose right is in doubt now, gets nothing back.
        guard core.holdsUndisputed(repairs[0].group) else {
            repairs.removeFirst()
            return
        }
        guard let outcome = addresses.advance(&repairs[0].work, until: deadline) else { return }
        let (group, work) = (repairs[0].group, repairs[0].work)
        repairs.removeFirst()
        var shortcoming = work.shortcoming
        if case .failed(let failure) = outcome { shortcoming = shortcoming ?? failure.output }
        // What cannot be put back is tried at each change, and told when it is news.
        let isNews = repairShortcomings.updateValue(shortcoming ?? "", forKey: group) != shortcoming
        announce(work.wishes)
        let there = view.present
        let back = work.wishes.filter { there.contains($0.address) }
        guard isNews || !back.isEmpty else { return }
        let named = back.isEmpty ? work.wishes : back
        let rest = named.count > 1 ? " and \(named.count - 1) more" : ""
        let end =
            back.isEmpty
            ? " and cannot be put back now: \(shortcoming ?? "")"
            : ": put back" + (shortcoming.map { "; \($0)" } ?? "")
        log.say(
            .error,
            "\(loaded.cluster.groups[group].name): somebody else removed \(named[0].address)\(rest), which"
                + " belongs here\(end)"
        )
    }
}
