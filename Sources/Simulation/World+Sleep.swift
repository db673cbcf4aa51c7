// S8, watched from outside: who slept, or was cut off from every carrier, for longer than its peer waits, and finds
// that the peer took a group meanwhile, is the one that stops, and starts nothing of it. What S9 then says of two
// claims that nobody slept over is in `World+Rules`.

import Failover

extension World {
    /// Silence after which the other of two machines may take from `machine`, as far as that can know it.
    func earliestTake(from machine: Machine) -> Int64 {
        let own = machine.settings.timings.deadtime
        return min(own, other(than: machine).settings.timings.deadtime).nanoseconds
    }

    /// The same where an early verdict is possible: who slept so long may call itself late, and need not.
    private func earlyTake(from machine: Machine) -> Int64 {
        guard scenery.earlyTakeover != .off else { return earliestTake(from: machine) }
        return earliestTake(from: machine) / 3 - millisecond
    }

    /// A machine's loop turns again, which did not since `time`, or has a carrier again.
    func noteSleep(of machine: Machine, since time: Int64) {
        let own = machine.settings.timings.deadtime.nanoseconds
        let slept = (machine.clock(at: now) - machine.clock(at: time)).nanoseconds
        // It counts from its last beat, which may have left a keepalive before.
        let silent = slept + machine.settings.timings.keepalive.nanoseconds
        if silent >= earlyTake(from: machine) { machine.lateAt = now }
        guard slept >= earliestTake(from: machine) else { return }
        // What the peer's beats say of its `deadtime` is known to who has heard one.
        guard slept >= own || machine.contactAt >= machine.startedAt else { return }
        machine.wokeAt = now
        let peer = other(than: machine)
        for group in machine.groups.indices where machine.groups[group].mayRun > 0 {
            guard let held = machine.groups[group].acquiredAt, held < time else { continue }
            guard let taken = peer.groups[group].acquiredAt, taken > time else { continue }
            machine.groups[group].overtakenBy = taken
            let name = groupName(group)
            transcript?.world("\(machine.settings.node) slept while \(name) was taken", at: now)
        }
    }

    /// A daemon begins whose forerunners, of the same boot, were killed before they had asked the peer: it asks for all
    /// of them, and may call itself late.
    func noteQuestionLeft(by machine: Machine) {
        guard machine.turnedAt != nil, let sound = machine.core.soundTurn else { return }
        let silent = machine.clock(at: now) - sound + machine.settings.timings.keepalive
        if silent.nanoseconds >= earlyTake(from: machine) { machine.lateAt = now }
    }

    /// Follows whether any link of a machine has a carrier.
    func watchCarriers(of machine: Machine) {
        let links = Array(networkOfLink.indices) + machine.paths.keys
        let paths = Set(links.compactMap { network(of: $0, on: machine) })
        guard paths.allSatisfy({ !hasCarrier(machine, $0) }) else {
            guard let since = machine.carrierLostSince else { return }
            machine.carrierLostSince = nil
            guard machine.daemon == .running, machine.power == .on else { return }
            let lasted = (machine.clock(at: now) - machine.clock(at: since)).nanoseconds
            if lasted >= earlyTake(from: machine) { machine.lateAt = now }
            // A daemon that began meanwhile knows no before, nor does one that stood still.
            noteSleep(of: machine, since: max(since, machine.lastPauseEnd))
            return
        }
        machine.carrierLostSince = machine.carrierLostSince ?? now
    }

    /// Whether the peer has held the group without a pause since it took it from a sleeping `machine`.
    private func isOvertaken(_ group: Int, _ machine: Machine) -> Bool {
        guard let taken = machine.groups[group].overtakenBy else { return false }
        return other(than: machine).groups[group].acquiredAt == taken
    }

    /// Who slept starts nothing of what the peer took meanwhile (S8).
    func checkLateStart(_ group: Int, _ name: String, on machine: Machine) {
        guard isOvertaken(group, machine) else { return }
        // It may find the peer dead in its turn, by probes sent after it woke: every path cut, or the peer asleep.
        let peer = other(than: machine)
        if peer.power == .frozen || peer.frozeUntil > machine.wokeAt { return }
        guard now == machine.wokeAt || hasBeenHeardSince(machine.wokeAt) else { return }
        violate("S8", "start of \(name) by who slept while the peer took the group", machine)
    }

    /// Who took a group from a peer that slept does not yield to it (S8, S9).
    func checkWhoYields(_ group: Int, _ machine: Machine) {
        let sleeper = other(than: machine)
        guard isOvertaken(group, sleeper), sleeper.daemon == .running else { return }
        let memory = machine.groups[group]
        guard let taken = memory.acquiredAt, machine.lateAt <= taken else { return }
        if memory.hasFailedStart || memory.wasFoundHalf || machine.isShuttingDown { return }
        // It is started anew for a failed service, or let go of by who is cut off (S12): nobody yields.
        if machine.services[group].isRestarting { return }
        if now - machine.services[group].suspendedAt < replyBound { return }
        // Where beats got lost since, the one that hears yields to the one that does not.
        guard hasBeenHeardSince(sleeper.wokeAt), now - lastCommandAt > replyBound else { return }
        violate("S8", "\(groupName(group)) is stopped for a peer that slept", machine)
    }

    /// Whether beats have come through both ways, undisturbed, on every link since `time`.
    private func hasBeenHeardSince(_ time: Int64) -> Bool {
        networkOfLink.allSatisfy { lines[$0].isClean && lines[$0].cleanSince <= time }
    }
}
