// A newcomer's costly mistake: haresources names an address that this machine has by itself. The
// daemon would find the group running without a claim, stop it, and so cut the machine off. Looked at
// before anything is touched; what a group's address is otherwise worth is the core's.

import Failover
import Linux

/// Tells this machine's own addresses from those of groups.
enum OwnAddressGuard {
    /// Which addresses of groups are on this machine although no batond can have put them there.
    ///
    /// An address counts that no group held in this boot, by the durable record, and that is the
    /// first of its network: what another program left beside the machine's own is an ordinary
    /// left-over, which is stopped.
    ///
    /// - Parameters:
    ///   - loaded: the configuration.
    ///   - running: the one that is in force, at a reload; what its groups hold is theirs.
    ///   - view: devices and addresses now.
    ///   - record: the durable record, if it can be read.
    ///   - boot: the present boot.
    /// - Returns: one line of text for each, with the remedy; empty when all is well.
    static func text(
        _ loaded: LoadedConfiguration,
        running: LoadedConfiguration? = nil,
        _ view: NetworkView,
        record: DurableRecord?,
        boot: BootID
    ) -> String {
        let claims = record?.bootID == boot ? record?.claims ?? [] : []
        let held = Set(claims.filter(\.heldThisBoot).map(\.group))
        var text = ""
        let known = Set(running?.groupWishes.joined().map(\.address) ?? [])
        for (group, wishes) in zip(loaded.settings.groups, loaded.groupWishes) {
            let isHeld = held.contains(group.name.identity)
            // A group that was held before this start has put there what is there of it.
            if isHeld, running == nil { continue }
            for wish in wishes where !isHeld || !known.contains(wish.address) {
                guard let entry = view.places(of: wish.address).first, !entry.isSecondary else {
                    continue
                }
                let device = view.link(entry.index).map { "\($0.name)" } ?? "a device"
                text += """
                    haresources: error: \(wish.address) is on \(device) already, and no batond put it there
                        hint: a group needs an address of its own, not a machine's; if another program\
                     left this one behind: ip addr del \(wish.address)/\(entry.prefixLength) dev \(device)

                    """
            }
        }
        return text
    }
}
