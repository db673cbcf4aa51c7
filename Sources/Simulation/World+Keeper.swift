// The keeper: what speaks for a daemon that was killed until the next one begins, in the dead one's session (S10).
// How a daemon is killed and started is in `World+Deeds`.

import Failover
import Wire

extension World {
    /// The keeper of a daemon about to be killed; `nil` when there is no session to go on with.
    func makeKeeper(for machine: Machine) -> Keeper? {
        guard let session = machine.session else { return nil }
        do throws(WireError) {
            let successor = try makeSession(
                codec: codec,
                continuing: session,
                settings: machine.settings
            )
            return Keeper(session: successor, run: machine.run)
        } catch {
            violate("S10", "the keeper cannot go on: \(error)", machine)
            return nil
        }
    }

    /// Says on every link that the host lives and its daemon does not.
    func keeperSpeaks(_ machine: Machine) {
        guard machine.daemon == .down, let run = machine.keeper?.run else { return }
        let next = Happening.keeperSpeaks(node: machine.index, run: machine.run)
        guard machine.power == .on else {
            if machine.power == .frozen { queue.plan(next, at: machine.thawsAt) }
            return
        }
        let timings = machine.settings.timings
        let content = BeatContent(
            kind: .daemonDown,
            isLeaving: false,
            deadtime: timings.deadtime,
            earliestTake: timings.deadtime,
            addresses: [],
            groups: []
        )
        let local = machine.clock(at: now)
        for link in networkOfLink.indices {
            for bytes in machine.keeper?.session.seal(content, link: link, at: local) ?? [] {
                digest.add(datagram: bytes)
                let packet = Packet(
                    bytes: bytes,
                    sender: machine.index,
                    run: run,
                    sequence: machine.keeper?.session.lastSequence ?? 0,
                    sentAt: now,
                    link: link,
                    network: networkOfLink[link],
                    isOfKeeper: true
                )
                remember(packet)
                transmit(packet, on: networkOfLink[link])
            }
        }
        queue.plan(next, at: now + timings.keepalive.nanoseconds)
    }
}
