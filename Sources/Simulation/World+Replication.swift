// Replicated disks (S11): what either machine's copy really holds, whether the copies are connected, and what a daemon
// is told when it looks. The replication runs over the last network; it notices a cut late, as real ones do, and until
// it has noticed nothing is written. The rule: nobody starts storage with a copy of which it was told that it is old.

import Failover

/// The replicated disk of one group, as it truly is.
struct Volume {
    /// What each machine's copy holds: how often either machine has written alone, by machine.
    var content = [[0, 0], [0, 0]]
    /// Whether what one machine writes reaches the other.
    var isConnected = false
    /// Which copy is being brought up to date.
    var target: Int?
    /// The copies that were left half-way.
    var isTorn = [false, false]
    /// The copies that were marked as old.
    var isOutdated = [false, false]
    /// Both have written alone: it connects no more until an administrator has chosen.
    var hasParted = false
    /// What was planned for an earlier state of the connection is void.
    var serial = 0
    /// The same of its resynchronisations.
    var syncSerial = 0
    /// Whether a change of the connection is planned.
    var isChanging = false
    /// Which machines' daemons have been told that their copy is old, and have not been brought up to date.
    var knows = [false, false]
    /// Which of them have said so.
    var hasSaid = [false, false]
    /// Which machines could not tell how it stands when they last looked.
    var isBlind = [false, false]

    /// Since when either machine's copy lacks something, where it does.
    var behindSince: [Int64] = [0, 0]

    /// Machine `node` writes alone from now on.
    mutating func writesAlone(_ node: Int, at now: Int64) {
        if isWhole(1 - node) { behindSince[1 - node] = now }
        content[node][node] += 1
    }

    /// Whether machine `node`'s copy holds everything that the other's does.
    func isWhole(_ node: Int) -> Bool {
        zip(content[node], content[1 - node]).allSatisfy { $0 >= $1 }
    }
}

extension World {
    /// The network of the replication.
    private var replicationNetwork: Int { networks.count - 1 }

    /// Whether the replication could work now.
    private var linkWorks: Bool {
        let line = lines[replicationNetwork]
        return line.cuts == [0, 0] && line.pulled == [0, 0]
            && line.carrierCuts == 0 && machines.allSatisfy { $0.power == .on }
    }

    /// Looks whether the connection of each volume follows what befell network and machines.
    func watchVolumes() {
        let works = linkWorks
        for group in volumeGroups {
            guard let volume = volumes[group] else { continue }
            let wants = works && !volume.hasParted
            guard wants != (volume.isConnected != volume.isChanging) else { continue }
            volumes[group]?.serial += 1
            let isChanging = wants != volume.isConnected
            volumes[group]?.isChanging = isChanging
            guard isChanging else { continue }
            let deadtime = scenery.timings.deadtime.nanoseconds
            let delay =
                wants
                ? replicationDice.between(millisecond, second)
                : replicationDice.between(millisecond, deadtime * 2)
            queue.plan(.volumeChanges(group: group, serial: volume.serial + 1), at: now + delay)
        }
    }

    /// A resynchronisation ends.
    func volumeSynced(_ group: Int, serial: Int) {
        guard var volume = volumes[group], volume.syncSerial == serial, let target = volume.target
        else { return }
        volume.content[target] = volume.content[1 - target]
        volume.target = nil
        finishSync(&volume)
        volumes[group] = volume
        transcript?.world("\(groupName(group)) is in sync", at: now)
    }

    /// The connection of a volume changes.
    func volumeChanges(_ group: Int, serial: Int) {
        guard var volume = volumes[group], volume.serial == serial, volume.isChanging else {
            return
        }
        defer { volumes[group] = volume }
        volume.isChanging = false
        guard volume.isConnected == false else {
            volume.isConnected = false
            if let target = volume.target { volume.isTorn[target] = true }
            volume.target = nil
            transcript?.world("the copies of \(groupName(group)) are apart", at: now)
            for machine in machines where writes(machine, group) {
                volume.writesAlone(machine.index, at: now)
            }
            return
        }
        let isWhole = [volume.isWhole(0), volume.isWhole(1)]
        guard isWhole[0] || isWhole[1] else {
            volume.hasParted = true
            transcript?.world("the copies of \(groupName(group)) have parted", at: now)
            return
        }
        volume.isConnected = true
        transcript?.world("the copies of \(groupName(group)) are connected", at: now)
        let isTorn = volume.isTorn[0] || volume.isTorn[1]
        guard isTorn || isWhole != [true, true] else { return finishSync(&volume) }
        let target = isWhole[0] && !volume.isTorn[0] ? 1 : 0
        volume.target = target
        volume.syncSerial += 1
        let lasts = replicationDice.between(10 * millisecond, 2 * second)
        queue.plan(.volumeSynced(group: group, serial: volume.syncSerial), at: now + lasts)
    }

    private func finishSync(_ volume: inout Volume) {
        volume.isTorn = [false, false]
        volume.isOutdated = [false, false]
        volume.knows = [false, false]
        volume.hasSaid = [false, false]
    }

    /// Whether something on the machine writes to the group's volume.
    private func writes(_ machine: Machine, _ group: Int) -> Bool {
        let resources = machine.resources[group]
        return machine.power != .off && resources[0].truth == .running
            && resources[1...].contains { !$0.isAddress && $0.truth == .running }
    }

    /// A volume, or what uses it, has begun to run: it writes, here alone while the copies are apart.
    ///
    /// Forced, an old copy counts as up to date (drbdsetup(8), `primary --force`).
    func volumeRuns(_ operation: Operation, on machine: Machine) {
        let group = operation.groupIndex
        if operation.resourceIndex == 0, operation.acceptsDataLoss {
            volumes[group]?.isOutdated[machine.index] = false
        }
        guard let volume = volumes[group], !volume.isConnected, writes(machine, group) else {
            return
        }
        volumes[group]?.writesAlone(machine.index, at: now)
    }

    /// Whether what replicates refuses to let the machine write.
    func volumeRefuses(_ operation: Operation, on machine: Machine) -> Bool {
        guard operation.action == .start, operation.resourceIndex == 0,
            let volume = volumes[operation.groupIndex], !volume.isConnected
        else { return false }
        if volume.isTorn[machine.index] { return true }
        return volume.isOutdated[machine.index] && !operation.acceptsDataLoss
    }

    /// The administrators end a parting: what runs, or holds more, is what they keep.
    func endPartings() {
        for group in volumeGroups {
            guard var volume = volumes[group], volume.hasParted else { continue }
            let writers = [0, 1].filter { writes(machines[$0], group) }
            guard writers.count < 2 else { continue }
            let sums = volume.content.map { $0.reduce(0, +) }
            let winner = writers.first ?? (sums[0] >= sums[1] ? 0 : 1)
            volume.hasParted = false
            // The other copy is discarded: what it holds more counts no longer.
            volume.content[1 - winner] = [0, 0]
            volume.isTorn[winner] = false
            volumes[group] = volume
            transcript?.world("\(groupName(group)): the copy of l\(winner) is kept", at: now)
            watchVolumes()
        }
    }

    // MARK: - What daemons see

    /// A daemon begins: it looks from time to time.
    func beginLooking(_ machine: Machine) {
        for group in volumeGroups where machine.knows(group) {
            let first = now + replicationDice.between(millisecond, lookInterval)
            queue.plan(.lookDue(node: machine.index, run: machine.run, group: group), at: first)
        }
    }

    private var lookInterval: Int64 { min(scenery.timings.deadtime.nanoseconds, second) }

    func lookDue(_ machine: Machine, run: Int, _ group: Int) {
        guard machine.run == run else { return }
        lookAtVolume(group, machine)
        queue.plan(
            .lookDue(node: machine.index, run: run, group: group),
            at: now + lookInterval
        )
    }

    /// A daemon looks at its copy, which takes a moment.
    func lookAtVolume(_ group: Int, _ machine: Machine) {
        guard machine.power == .on, volumes[group] != nil else { return }
        let lasts = replicationDice.between(millisecond, 20 * millisecond)
        let begun = machine.clock(at: now)
        queue.plan(
            .lookEnds(node: machine.index, run: machine.run, group: group, begunAt: begun),
            at: now + lasts
        )
    }

    func lookEnds(_ machine: Machine, run: Int, _ group: Int, begunAt: Instant) {
        guard machine.run == run, let volume = volumes[group] else { return }
        if machine.power == .frozen {
            let late = Happening.lookEnds(
                node: machine.index,
                run: run,
                group: group,
                begunAt: begunAt
            )
            queue.plan(late, at: machine.thawsAt)
            return
        }
        let node = machine.index
        var seen = DataObservation(replication: .unknown, begunAt: begunAt)
        let isBlind = replicationDice.below(30) == 0
        volumes[group]?.isBlind[node] = isBlind
        if !isBlind {
            seen.replication = volume.isConnected && volume.target == nil ? .inSync : .detached
            if volume.target == node || volume.isTorn[node] {
                seen.obstacle = DataObstacle(
                    text: "\(groupName(group)) is Inconsistent",
                    isAge: false
                )
            } else if volume.isOutdated[node], !volume.isConnected {
                seen.obstacle = DataObstacle(text: "\(groupName(group)) is Outdated", isAge: true)
            }
        }
        deliver(.dataObserved(group: group, seen), to: machine)
    }

    /// A daemon says that its copy is old: what replicates is told, while it is not connected.
    func markVolume(_ group: Int, isStale: Bool, on machine: Machine) {
        guard isStale, let volume = volumes[group], !volume.isConnected else { return }
        volumes[group]?.isOutdated[machine.index] = true
    }

    // MARK: - The rule

    /// The groups of a beat, as bits, in which the sender says that it has written alone.
    func groupsAlone(in reports: [GroupReport], of machine: Machine) -> UInt64 {
        var bits: UInt64 = 0
        for group in volumeGroups {
            let identity = machine.identities[group]
            let isAlone = reports.contains { $0.group == identity && $0.replication == .detached }
            if isAlone { bits |= 1 << UInt64(group) }
        }
        return bits
    }

    /// A daemon was told which copies of its own are old: of a time that is past and made good, a late beat tells nothing.
    func noteTold(_ packet: Packet, _ machine: Machine) {
        for group in volumeGroups where packet.alone >> UInt64(group) & 1 == 1 {
            // Nor what comes before its daemon knows what runs here: it is heard again, or was of a memory that is lost.
            guard machine.knows(group), machine.groups[group].writers == 0,
                machine.report(of: group)?.phase != .unknown,
                let volume = volumes[group], !volume.isWhole(machine.index),
                packet.sentAt >= volume.behindSince[machine.index]
            else { continue }
            volumes[group]?.knows[machine.index] = true
        }
    }

    /// What a daemon has said of its copy is on its disk.
    func noteSaid(_ machine: Machine) {
        for group in volumeGroups where machine.report(of: group)?.fitness == .stale {
            // What was made good meanwhile is no word about the next time.
            if volumes[group]?.isWhole(machine.index) == false {
                volumes[group]?.hasSaid[machine.index] = true
            }
            let identity = machine.identities[group]
            let claim = machine.durable?.claims.first { $0.group == identity }
            if claim?.data?.staleSince == nil {
                violate(
                    "S11",
                    "\(groupName(group)) is called stale, and no record says so",
                    machine
                )
            }
        }
    }

    /// A daemon ended at once: what it was told, and had not said, may be forgotten.
    func forgetTold(_ machine: Machine, losesDisk: Bool) {
        for group in volumeGroups
        where losesDisk || volumes[group]?.hasSaid[machine.index] == false {
            volumes[group]?.knows[machine.index] = false
            volumes[group]?.hasSaid[machine.index] = false
        }
    }

    /// Nothing starts with a copy that its daemon knows to be old, nor with one to which an orderly move has not
    /// brought everything (S11).
    func checkFresh(_ operation: Operation, on machine: Machine) {
        let group = operation.groupIndex
        guard operation.resourceIndex == 0, operation.action == .start,
            let volume = volumes[group], !volume.isWhole(machine.index)
        else { return }
        let name = groupName(group)
        if volume.knows[machine.index], !operation.acceptsDataLoss {
            violate("S11", "start of \(name) with a copy that it knows to be old", machine)
        }
        let peer = other(than: machine)
        let isMoved = peer.daemon == .running && peer.report(of: group)?.phase == .offered
        if isMoved, !volume.isBlind[peer.index], !operation.acceptsDataLoss {
            violate("S11", "\(name) was given to a copy that lacks what was written", machine)
        }
    }

    /// What is not as it should be about a volume at the end; `nil` for nothing.
    func complaintAboutVolume(_ group: Int) -> String? {
        guard let volume = volumes[group] else { return nil }
        if !volume.isConnected || volume.target != nil {
            return "the copies of \(groupName(group)) are not in sync"
        }
        let marked = machines.first { machine in
            let report = machine.report(of: group)
            return report?.fitness == .stale || report?.replication == .detached
        }
        return marked.map { "\($0.settings.node) calls \(groupName(group)) old or alone for ever" }
    }
}
