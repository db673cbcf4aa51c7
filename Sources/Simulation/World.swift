// The world in which a story is told: two machines, the networks between them, and one queue of what is going to
// happen. This file is its clock and its dispatch; what effects do is in `World+Effects`, what networks do in
// `World+Networks`, what deeds do in `World+Deeds`, the rules in `World+Rules`.

import Failover

/// Tells one story.
final class World {
    let story: Story
    let scenery: Scenery
    let networks: [Network]
    /// The network of each configured link.
    let networkOfLink: [Int]
    let codec: Codec
    let machines: [Machine]

    var now: Int64 = 0
    var queue = EventQueue()
    var serial: UInt64 = 0
    var lines: [NetworkState]
    var packets: [Packet] = []
    var freePackets: [Int] = []
    var history: [[Packet]] = [[], []]

    // Luck, one stream for each part.
    var networkDice: [Dice]
    var operationDice: [Dice]
    var diskDice: [Dice]
    var identityDice: Dice
    var forgeryDice: Dice
    var replicationDice: Dice

    /// How long a command may take: every operation of every group on both nodes by its deadline, twice,
    /// and each wait of the timings once.
    let replyBound: Int64
    /// After all faults end the pair settles within this: a boot, both first waits, each operation of both nodes by
    /// its deadline twice, and each wait of the timings (L1).
    let settleBound: Int64

    // What the rules remember.
    var violation: Violation?
    var exceptions = [Int](repeating: 0, count: Exception.allCases.count)
    var splits: [Exception?]
    var splitSince: [Int64]
    var lastSplitEnd: [Int64]
    var doubleTime: Int64 = 0
    var groupsWithTwo: Set<Int> = []
    var lieAt: [Int64] = [.min / 2, .min / 2]
    var lastCommandAt = Int64.min / 2 {
        didSet { commandBeforeAt = oldValue }
    }
    var commandBeforeAt = Int64.min / 2
    var commandNumber: UInt64 = 0
    var isQuiet = false
    var pendingEpochCheck: (node: Int, group: Int)?
    var settledSince: Int64?
    var digest = Digest()
    var steps = 0
    var tally = Tally()

    /// Where the transcript goes; `nil` to write none.
    var transcript: Transcript?

    /// Numbers of incidents told to cores.
    var healthIncidents: UInt64 = 0
    /// When each group was given up on health grounds, since it was last cleared.
    var healthMoves: [[HealthMoveSeen]]
    /// When something was last ordered that may start a frozen group: a move, a thaw, the end of a daemon.
    var lastOrderAt = Int64.min / 2
    /// When a freeze was last ordered.
    var lastFreezeAt = Int64.min / 2
    /// The disk of each group that has a replicated one.
    var volumes: [Volume?]
    /// The groups that have one: most stories have none, and each beat asks.
    let volumeGroups: [Int]

    init(_ story: Story, codec: Codec, writesTranscript: Bool) {
        self.story = story
        self.codec = codec
        scenery = story.scenery
        let lay = story.scenery.networks
        networks = lay
        networkOfLink = lay.indices.filter { lay[$0].link != nil }
        machines = [
            Machine(index: 0, scenery: scenery), Machine(index: 1, scenery: scenery),
        ]
        lines = lay.map { _ in NetworkState() }
        networkDice = lay.indices.map { Dice(seed: story.seed, stream: 10 + UInt64($0)) }
        operationDice = [2, 3].map { Dice(seed: story.seed, stream: $0) }
        diskDice = [4, 5].map { Dice(seed: story.seed, stream: $0) }
        identityDice = Dice(seed: story.seed, stream: 6)
        forgeryDice = Dice(seed: story.seed, stream: 7)
        replicationDice = Dice(seed: story.seed, stream: 43)
        replyBound = scenery.replyBound
        settleBound =
            scenery.replyBound + scenery.longest(\.initdead).nanoseconds + 10 * second
            + scenery.jeopardyTime.nanoseconds * 2
        splits = scenery.groups.map { _ in nil }
        splitSince = scenery.groups.map { _ in 0 }
        lastSplitEnd = scenery.groups.map { _ in Int64.min / 2 }
        healthMoves = scenery.groups.map { _ in [] }
        volumes = scenery.groups.map { $0.isReplicated ? Volume() : nil }
        volumeGroups = scenery.groups.indices.filter { story.scenery.groups[$0].isReplicated }
        if writesTranscript { transcript = Transcript() }
    }

    /// Tells the story to its end, or to the first broken rule.
    func tell() -> Verdict {
        for index in 0...1 {
            queue.plan(.powerOn(node: index, boot: 0), at: scenery.powerOn[index])
        }
        for index in story.deeds.indices {
            queue.plan(.deedBegins(index), at: story.deeds[index].at)
        }
        queue.plan(.quietBegins, at: story.quietAt)
        let first = machines[0]
        let second = machines[1]
        while violation == nil {
            let due = queue.nextTime
            let timer = min(first.timerAt, second.timerAt)
            if timer < due {
                now = timer
                let machine = first.timerAt <= second.timerAt ? first : second
                machine.timerAt = Int64.max
                machine.armed = nil
                turn(machine, .timeReached)
            } else if due <= endsAt, let what = queue.take() {
                now = due
                happen(what)
            } else {
                break
            }
        }
        return Verdict(
            violation: violation,
            scenery:
                "\(scenery.topology.rawValue), \(scenery.settings(of: 0).protectionLevel.rawValue)",
            exceptions: exceptions,
            groupsWithTwo: groupsWithTwo,
            doubleTime: doubleTime,
            digest: digest.value,
            length: now,
            steps: steps,
            tally: tally
        )
    }

    /// After this time nothing more is told; set when the world has settled or must have.
    var endsAt = Int64.max

    /// The machine that is not `machine`.
    func other(than machine: Machine) -> Machine { machines[1 - machine.index] }

    /// A number never used before in this world.
    func nextSerial() -> UInt64 {
        serial += 1
        return serial
    }

    // MARK: - A turn of a loop

    /// Gives one event to a daemon, or keeps it until the daemon goes on.
    func deliver(_ event: Event, to machine: Machine) {
        switch machine.daemon {
        case .down: return
        case .paused: machine.inbox.append(.event(event))
        case .running:
            if machine.power == .frozen {
                machine.inbox.append(.event(event))
            } else {
                turn(machine, event)
            }
        }
    }

    /// One turn of a running daemon's loop.
    func turn(_ machine: Machine, _ event: Event) {
        guard violation == nil, machine.daemon == .running else { return }
        if machine.power == .frozen { return }
        let local = machine.clock(at: now)
        steps += 1
        digest.add(now)
        digest.add(event.mark &+ UInt64(machine.index))
        transcript?.event(event, on: machine, at: now)
        let effects = machine.core.handle(event, at: local)
        machine.turnedAt = now
        let run = machine.run
        for effect in effects {
            digest.add(effect.mark)
            transcript?.effect(effect, on: machine, at: now)
            carryOut(effect, on: machine)
            if violation != nil { return }
            if machine.run != run || machine.daemon != .running { return }
        }
        arm(machine)
        inspect(machine)
    }

    /// Arms the one timer of a daemon's loop.
    func arm(_ machine: Machine) {
        guard let deadline = machine.core.deadlineInPlace() else {
            machine.armed = nil
            machine.timerAt = Int64.max
            return
        }
        if machine.armed == deadline { return }
        machine.armed = deadline
        machine.timerAt = max(now, machine.worldTime(of: deadline))
        // A deadline that does not move on would stop the world's clock; one that moves on with it keeps a processor busy.
        if machine.timerAt <= now + millisecond {
            machine.idleTurns += 1
            if machine.idleTurns > 1_000 {
                violate("L3", "the core's deadline does not move on: the loop spins", machine)
            }
        } else {
            machine.idleTurns = 0
        }
    }

    // MARK: - Dispatch

    private func happen(_ what: Happening) {
        switch what {
        case .datagramArrived(let packet):
            datagramArrived(packet)
        case .probeArrived(let asker, let run, let network, let address):
            probeArrived(asker: asker, run: run, network: network, address: address)
        case .probeReturned(let asker, let run, let network, let address):
            probeReturned(asker: asker, run: run, network: network, address: address)
        case .neighbourReturned(let asker, let run, let side, let isEcho):
            neighbourReturned(asker: asker, run: run, side: side, isEcho: isEcho)
        case .carrierTold(let node, let run, let link):
            let machine = machines[node]
            guard machine.run == run, let network = network(of: link, on: machine) else { return }
            let isUp = hasCarrier(machine, network)
            deliver(.linkChanged(LinkIndex(link), isUp: isUp), to: machine)
        case .operationEnded(let node, let serial):
            operationEnded(machines[node], serial)
        case .writeEnded(let node, let serial):
            writeEnded(machines[node], serial)
        case .deedBegins(let index):
            if !isQuiet { begin(story.deeds[index].kind, index) }
            watchVolumes()
        case .deedEnds(let index):
            if !isQuiet { end(story.deeds[index].kind) }
            watchVolumes()
        case .powerOn(let node, let boot):
            if machines[node].boots == boot { bootMachine(machines[node]) }
            watchVolumes()
        case .daemonStarts(let node, let boot, let run):
            let machine = machines[node]
            guard machine.boots == boot, machine.run == run else { return }
            if machine.power == .frozen {
                queue.plan(what, at: machine.thawsAt)
            } else {
                startDaemon(machine)
            }
        case .daemonResumes(let node, let run):
            if machines[node].run == run { resume(machines[node]) }
        case .keeperActs(let node, let run):
            let machine = machines[node]
            if machine.run == run, machine.daemon == .paused {
                killDaemon(machine, restartAfter: 20 * millisecond)
            }
        case .keeperSpeaks(let node, let run):
            if machines[node].run == run { keeperSpeaks(machines[node]) }
        case .machineThaws(let node, let boot):
            if machines[node].boots == boot { thaw(machines[node]) }
            watchVolumes()
        case .replyDue(let node, let run, let id):
            replyDue(machines[node], run: run, id: id)
        case .volumeChanges(let group, let serial):
            volumeChanges(group, serial: serial)
        case .volumeSynced(let group, let serial):
            volumeSynced(group, serial: serial)
        case .lookDue(let node, let run, let group):
            lookDue(machines[node], run: run, group)
        case .readinessDue(let node, let run, let group):
            readinessDue(machines[node], run: run, group)
        case .lookEnds(let node, let run, let group, let begunAt):
            lookEnds(machines[node], run: run, group, begunAt: begunAt)
        case .quietBegins:
            beginQuiet()
            watchVolumes()
        case .look:
            endPartings()
            look()
        }
    }
}

extension FailoverMachine {
    /// `nextDeadline`, read where the core lies: through a class's property a plain read copies all of it.
    fileprivate mutating func deadlineInPlace() -> Instant? { nextDeadline }
}
