// A story that two cores tell: perfect machines, links that are cut or not, operations that take the time and
// end the way the story says. It writes a transcript which a reviewer reads without the code. Random faults
// are the simulator's business; here everything happens on purpose.

import Failover

/// Two cores, their links, disks, kernels and resource scripts.
final class Story {
    /// One machine.
    struct Machine {
        var machine: FailoverMachine
        var settings: Settings
        /// The machine is on.
        var isOn = false
        /// The daemon runs.
        var isRunning = false
        /// The daemon stands still until then.
        var pausedUntil: Instant?
        var pausedSince: Instant?
        var boot: UInt64 = 0
        var counter: UInt64 = 0
        var record: DurableRecord?
        var lastTurn: Instant?
        /// How long ago the machine reset itself.
        var lastReset: Duration?
        /// The peer's nonce as last heard, which beats echo.
        var heard: UInt64 = 0
        var heardAt = Instant(nanoseconds: 0)
        var sequence: UInt64 = 0
        /// What runs, by resource name.
        var running: Set<String> = []
        /// Waiting events while paused.
        var inbox: [(Event)] = []
    }

    /// What may happen at a time.
    enum Happening {
        case deliver(Int, Event, nonce: UInt64, boot: UInt64)
        case beat(to: Int, Beat, echoes: UInt64, link: Int)
        case act(() -> Void)
    }

    var nodes: [Machine]
    var now = Instant(nanoseconds: 0)
    var lines: [String] = []
    /// Links cut, by index.
    var cut: Set<Int> = []
    /// Nodes whose beats get lost on the way, while they still hear.
    var mute: Set<Int> = []
    /// The service LAN carries ARP.
    var hasServiceNetwork = true
    /// The nodes have addresses on the replication link, for which their kernels answer.
    var linkHasAddresses = false
    /// A gateway answers on the service LAN.
    var hasGateway = false
    /// Nodes whose cable to the service LAN is pulled, and whether the carrier went with it.
    var pulled: [Int: Bool] = [:]
    /// Who else answers for the group's address.
    var strangers: [MACAddress] = []
    /// The learnt paths of each node.
    var paths: [[Int: LearntPath]] = [[:], [:]]
    /// How long an operation takes, and how it ends, by `node/resource/action`; default 20 ms, well.
    var outcomes: [String: (Duration, OperationOutcome)] = [:]
    /// How long a write takes.
    var diskTime: [Duration] = [.milliseconds(2), .milliseconds(2)]
    /// How each node's copy of the data looks there; looked at each second once `looks` was called.
    var views: [(replication: ReplicationState, obstacle: DataObstacle?)] = [
        (.inSync, nil), (.inSync, nil),
    ]
    /// What each copy is to its DRBD.
    var copies: [CopyState] = [.usable, .usable]
    /// Whether a copy that is marked as old becomes outdated: not while DRBD believes to be connected.
    var obeysMarks = [true, true]
    /// What a group keeps by a log; nil for one that keeps none.
    var log: StoryLog?
    /// Whether the peer channel carries questions.
    var hasPeerChannel = true
    /// What the DRBD of each node was answered.
    var fenced: [(node: Int, reply: FenceReply)] = []
    /// Who asked, by the question's number: a node's DRBD, or the other node.
    var fences: [UInt64: (node: Int, isPeers: UInt64?)] = [:]
    /// Which nodes' programs are asked to follow.
    var logFollows = [false, false]
    /// Which nodes' copies were marked as old.
    var marked = [false, false]
    /// Nodes whose start was told that what the other wrote may be lost.
    var accepted: Set<Int> = []
    /// All replies.
    var replies: [(Int, CommandID, CommandReply)] = []
    /// All notices but those of commands.
    var notices: [(Int, Notice)] = []
    /// All resets.
    var resets: [Int] = []
    /// All probes asked.
    var probeCount = 0
    private var queue: [(at: Instant, order: Int, what: Happening)] = []
    private var order = 0
    private var commandIssued: UInt64 = 0
    let names = ["l0", "l1"]

    init(_ first: Settings, _ second: Settings) {
        nodes = [first, second].map {
            Machine(machine: FailoverMachine(settings: $0), settings: $0)
        }
    }

    /// The pair of the AggreGate article, in short: an address and one script that holds data.
    static func settings(
        own: Int,
        deadtime: Duration = .seconds(3),
        keepalive: Duration = .seconds(1),
        autoFailback: AutoFailback = .off,
        unproved: Bool = true,
        storage: Bool = true,
        script: Bool = false,
        replicates: Bool = false,
        preferred: Int = 0,
        failbackSettle: Duration? = nil,
        learns: Bool = false,
        isOneNetwork: Bool = false,
        evidence change: (inout EvidenceSettings) -> Void = { _ in }
    ) -> Settings {
        var evidence = EvidenceSettings(deadtime: deadtime)
        evidence.learnsPaths = learns
        evidence.announceInterval = nil
        change(&evidence)
        let device = isOneNetwork ? "eth1" : "eth2"
        let address = ResourceSettings(
            name: "IPaddr2::192.168.1.100/24/eth1:0",
            type: "IPaddr2",
            address: IPAddress(ipv4: (192, 168, 1, 100)),
            isStateless: true
        )
        let kind = script ? "mailer" : "drbddisk"
        let disk = ResourceSettings(
            name: script ? kind : "drbddisk::r0",
            type: kind,
            isStateless: false,
            isSuspendable: script,
            isReplicated: replicates
        )
        return Settings(
            cluster: "story",
            node: NodeName("l\(own)"),
            peer: NodeName("l\(1 - own)"),
            isFirstNode: own == 0,
            timings: Timings(
                keepalive: keepalive,
                warntime: deadtime / 2,
                deadtime: deadtime,
                initdead: deadtime * 4,
                failbackSettle: failbackSettle
            ),
            autoFailback: autoFailback,
            unprovedTakeover: unproved,
            evidence: evidence,
            links: [LinkSettings(name: "bcast \(device)", device: device)],
            groups: [
                GroupSettings(
                    name: GroupName("192.168.1.100"),
                    preferred: own == preferred ? .own : .peer,
                    resources: storage ? [address, disk] : [address],
                    storageDigest: storage ? 7 : 0,
                    addressDigest: 9
                )
            ]
        )
    }

    /// The two nodes of the article, at its timings.
    static func pair(
        deadtimes: [Duration] = [.seconds(3), .seconds(3)],
        autoFailback: AutoFailback = .off,
        storage: Bool = true,
        preferred: Int = 0
    ) -> Story {
        let settings = (0..<2).map { own in
            Story.settings(
                own: own,
                deadtime: deadtimes[own],
                keepalive: min(.seconds(1), deadtimes[own] / 3),
                autoFailback: autoFailback,
                storage: storage,
                preferred: preferred
            )
        }
        return Story(settings[0], settings[1])
    }

    // MARK: What the story says

    func say(_ text: String) { lines.append(""); lines.append("# \(text)") }

    func boot(_ index: Int) {
        nodes[index].isOn = true
        nodes[index].boot += 1
        nodes[index].running = []
        nodes[index].lastTurn = nil
        startDaemon(index)
    }

    /// Transitions taken by daemons that have ended.
    var takenBefore: Set<Transition> = []

    /// Both machines boot at one moment, and live for a while.
    func bootBoth(andRun time: Duration) {
        boot(0)
        boot(1)
        run(time)
    }

    func startDaemon(_ index: Int) {
        takenBefore.formUnion(nodes[index].machine.transitionsTaken)
        nodes[index].machine = FailoverMachine(settings: nodes[index].settings)
        nodes[index].isRunning = true
        nodes[index].counter += 1
        nodes[index].heard = 0
        nodes[index].sequence = 0
        nodes[index].pausedUntil = nil
        nodes[index].inbox = []
        let nonce = UInt64(index + 1) * 1000 + nodes[index].counter
        write(index, "daemon starts")
        logFollows[index] = false
        give(
            index,
            .started(
                Start(
                    bootID: BootID(high: UInt64(index), low: nodes[index].boot),
                    incarnation: Incarnation(counter: nodes[index].counter, nonce: nonce),
                    record: nodes[index].record,
                    lastTurn: nodes[index].lastTurn,
                    lastReset: nodes[index].lastReset
                )
            )
        )
        paths[index] = [:]
        tellNetworks(index)
    }

    /// The node's network as it is now.
    private func tellNetworks(_ index: Int) {
        let network = OwnNetwork(
            device: "eth1",
            mac: MACAddress(0x0200_0000_0000 + UInt64(index)),
            hasCarrier: pulled[index] != true,
            addresses: [NetworkAddress(IPAddress(ipv4: (192, 168, 1, UInt8(2 + index))), 24)],
            gateways: hasGateway ? [Story.gateway] : [],
            groups: [0]
        )
        let link = OwnNetwork(
            device: "eth2",
            mac: MACAddress(0x0200_0000_0010 + UInt64(index)),
            hasCarrier: true,
            addresses: [NetworkAddress(Story.linkAddress(of: index), 24)]
        )
        give(index, .networksChanged(linkHasAddresses ? [network, link] : [network]))
    }

    /// A node's address on the replication link.
    static func linkAddress(of index: Int) -> IPAddress {
        IPAddress(ipv4: (10, 0, 0, UInt8(1 + index)))
    }

    /// The node's cable to the service LAN is pulled; with its carrier, or so that nobody there sees it.
    func pull(_ index: Int, losesCarrier: Bool) {
        write(index, losesCarrier ? "eth1 loses its carrier" : "eth1 carries nothing any more")
        pulled[index] = losesCarrier
        guard losesCarrier else { return }
        for link in links(over: "eth1", index) { give(index, .linkChanged(link, isUp: false)) }
        tellNetworks(index)
    }

    /// The cable is back.
    func plug(_ index: Int) {
        write(index, "eth1 is plugged in")
        let hadCarrier = pulled[index] == false
        pulled[index] = nil
        guard !hadCarrier else { return }
        for link in links(over: "eth1", index) { give(index, .linkChanged(link, isUp: true)) }
        tellNetworks(index)
    }

    private func links(over device: String, _ index: Int) -> [LinkIndex] {
        let configured = nodes[index].settings.links.indices.filter {
            nodes[index].settings.links[$0].device == device
        }
        return (configured + paths[index].filter { $0.value.device == device }.keys).map {
            LinkIndex($0)
        }
    }

    static let gateway = IPAddress(ipv4: (192, 168, 1, 254))

    func crash(_ index: Int) {
        write(index, "CRASH")
        nodes[index].isOn = false
        nodes[index].isRunning = false
        nodes[index].running = []
    }

    func killDaemon(_ index: Int) {
        write(index, "daemon killed")
        nodes[index].lastTurn = nodes[index].machine.soundTurn
        nodes[index].isRunning = false
    }

    func pause(_ index: Int, for duration: Duration) {
        write(index, "loop stands still for \(duration.text)")
        nodes[index].pausedSince = now
        nodes[index].pausedUntil = now + duration
        schedule(now + duration, .act { [self] in wake(index) })
    }

    /// The whole machine stands still: its kernel answers nobody either, but for the last moment, in which it goes on and
    /// the daemon does not yet.
    func freeze(
        _ index: Int,
        for duration: Duration,
        lastMoment: Duration = .milliseconds(10),
        meanwhile deeds: () -> Void = {}
    ) {
        let end = now + (duration - lastMoment)
        pause(index, for: duration)
        nodes[index].isOn = false
        deeds()
        run(end - now)
        nodes[index].isOn = true
    }

    private func wake(_ index: Int) {
        guard nodes[index].isRunning, let since = nodes[index].pausedSince else { return }
        nodes[index].pausedUntil = nil
        let waiting = nodes[index].inbox
        nodes[index].inbox = []
        for event in waiting { give(index, event) }
        give(index, .loopLate(now - since))
        give(index, .timeReached)
    }

    /// The keeper of a daemon that is down speaks once (S10).
    func keeperSpeaks(_ index: Int) { send(.daemonDown, from: index) }

    /// Of the first beat of the next daemon only a part that tells of no group is heard.
    func nextDaemonIsHeardInPart(_ index: Int) {
        nodes[index].counter += 1
        nodes[index].sequence = 0
        send(.alive, from: index)
    }

    private func send(_ kind: BeatKind, from index: Int) {
        let node = nodes[index]
        nodes[index].sequence += 1
        let content = BeatContent(
            kind: kind,
            isLeaving: false,
            deadtime: node.settings.timings.deadtime,
            earliestTake: node.settings.timings.deadtime,
            addresses: [],
            groups: []
        )
        let beat = Beat(
            content: content,
            bootID: BootID(high: UInt64(index), low: node.boot),
            incarnation: Incarnation(
                counter: node.counter,
                nonce: UInt64(index + 1) * 1000 + node.counter
            ),
            sequence: nodes[index].sequence,
            clock: now,
            echo: Echo(sequence: 0, age: now - node.heardAt)
        )
        schedule(
            now + .microseconds(200),
            .beat(to: 1 - index, beat, echoes: node.heard, link: 0)
        )
    }

    /// The node's only link loses its carrier, or has it back.
    func linkChanges(_ index: Int, isUp: Bool) {
        write(index, "link \(isUp ? "has carrier" : "has no carrier")")
        give(index, .linkChanged(LinkIndex(0), isUp: isUp))
    }

    func command(_ index: Int, _ command: Command) {
        commandIssued += 1
        write(index, "command \(commandIssued): \(command)")
        give(index, .commandReceived(CommandID(commandIssued), command))
    }

    /// The services of the group on a node that have failed; none for a healthy group.
    func services(_ index: Int, fail failures: [HealthFailure]) {
        write(index, "failed services: \(failures.map(\.name))")
        give(index, .healthChanged(group: 0, failures))
    }

    /// A node learns whether a start of the group could succeed there.
    func readiness(_ index: Int, missing: String?) {
        write(index, "missing: \(missing ?? "nothing")")
        give(index, .readinessObserved(group: 0, missing: missing))
    }

    func shutDown(_ index: Int) {
        write(index, "SIGTERM")
        give(index, .shutdownRequested)
    }

    /// Both nodes look at their copies from now on, once a second.
    func looks() {
        for index in nodes.indices { look(index) }
        schedule(now + .seconds(1), .act { [self] in looks() })
    }

    /// A node looks at its copy, which takes a moment.
    private func look(_ index: Int) {
        let (counter, boot, begun) = (nodes[index].counter, nodes[index].boot, now)
        schedule(
            now + .milliseconds(5),
            .act { [self] in
                guard nodes[index].isRunning, nodes[index].boot == boot,
                    nodes[index].counter == counter
                else { return }
                if logFollows[index] { log?.follow(index) }
                let seen =
                    log?.observation(index, at: begun)
                    ?? DataObservation(
                        replication: views[index].replication,
                        obstacle: views[index].obstacle,
                        copies: [1: copies[index]],
                        begunAt: begun
                    )
                give(index, .dataObserved(group: 0, seen))
            }
        )
    }

    func phase(_ index: Int) -> GroupPhase {
        nodes[index].machine.phases[0]
    }

    /// The nodes on which something of the group runs.
    var holders: [Int] { nodes.indices.filter { !nodes[$0].running.isEmpty } }

    // MARK: Time

    func run(_ duration: Duration) {
        let end = now + duration
        while true {
            var next = end
            var queued = false
            if let first = queue.min(by: { ($0.at, $0.order) < ($1.at, $1.order) }),
                first.at <= next
            {
                next = first.at
                queued = true
            }
            var timer: Int?
            for index in nodes.indices
            where nodes[index].isRunning && nodes[index].pausedUntil == nil {
                if let deadline = nodes[index].machine.nextDeadline, deadline < next {
                    next = deadline
                    timer = index
                }
            }
            now = max(now, next)
            if let timer {
                give(timer, .timeReached)
            } else if queued {
                let place = queue.indices.min {
                    (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order)
                }
                guard let place else { return }
                happen(queue.remove(at: place).what)
            } else {
                return
            }
        }
    }

    func schedule(_ at: Instant, _ what: Happening) {
        order += 1
        queue.append((at, order, what))
    }

    private func happen(_ what: Happening) {
        switch what {
        case .act(let body): body()
        case .deliver(let index, let event, let nonce, let boot):
            guard nodes[index].isRunning, nodes[index].boot == boot,
                nodes[index].counter == nonce
            else { return }
            if case .persisted = event {} else { write(index, "\(event)") }
            give(index, event)
        case .beat(let index, let beat, let echoes, let link):
            guard nodes[index].isRunning, !cut.contains(link) else { return }
            nodes[index].heard = beat.incarnation.nonce
            nodes[index].heardAt = now
            // What `Session` does: only a beat that echoes the present nonce is applied.
            guard echoes == UInt64(index + 1) * 1000 + nodes[index].counter else { return }
            give(index, .heartbeatReceived(beat, link: LinkIndex(link)))
        }
    }

    func give(_ index: Int, _ event: Event) {
        guard nodes[index].isRunning else { return }
        if nodes[index].pausedUntil != nil {
            nodes[index].inbox.append(event)
            return
        }
        for effect in nodes[index].machine.handle(event, at: now) { carryOut(index, effect) }
    }

    // MARK: Effects

    private func carryOut(_ index: Int, _ effect: Effect) {
        let node = nodes[index]
        switch effect {
        case .setPath(let link, let path):
            paths[index][link.value] = path
            write(index, "path \(link.value): \(path?.name ?? "none")")
            if path != nil, pulled[index] == true { give(index, .linkChanged(link, isUp: false)) }
        case .ping: break
        case .sendHeartbeat(let content, let links):
            nodes[index].sequence += 1
            let beat = Beat(
                content: content,
                bootID: BootID(high: UInt64(index), low: node.boot),
                incarnation: Incarnation(
                    counter: node.counter,
                    nonce: UInt64(index + 1) * 1000 + node.counter
                ),
                sequence: nodes[index].sequence,
                clock: now,
                echo: Echo(sequence: 0, age: now - node.heardAt)
            )
            guard !mute.contains(index) else { return }
            for link in links.links where carries(link.value, from: index) {
                schedule(
                    now + .microseconds(200),
                    .beat(to: 1 - index, beat, echoes: node.heard, link: link.value)
                )
            }
        case .persist(let id, let record):
            let counter = node.counter
            let boot = node.boot
            schedule(
                now + diskTime[index],
                .act { [self] in
                    guard nodes[index].isOn, nodes[index].boot == boot else { return }
                    nodes[index].record = record
                    happen(.deliver(index, .persisted(id), nonce: counter, boot: boot))
                }
            )
        case .runOperation(let operation):
            if operation.acceptsDataLoss { accepted.insert(index) }
            run(index, operation)
        case .cancelOperation(let id): write(index, "cancel \(id.value)")
        case .probe(let address): probe(index, address)
        case .announceAddresses(let group): write(index, "announce \(group)")
        case .observeData: look(index)
        case .followPeer(_, let follows):
            logFollows[index] = follows
            write(index, follows ? "lets its copy follow" : "lets its copy follow no more")
        case .writeAlone(_, let isAlone):
            write(index, isAlone ? "lets its copy write alone" : "lets it write alone no more")
        case .markData(_, let isStale):
            marked[index] = isStale
            write(index, "marks its data as \(isStale ? "old" : "fresh")")
            if isStale, obeysMarks[index] { copies[index] = .outdated }
            if isStale { look(index) }
        case .askPeerToOutdate(let id, let group, let resource):
            write(index, "asks \(names[1 - index]) to mark its copy")
            ask(index, id, group, resource)
        case .answerFence(let id, let reply): answer(index, id, reply)
        case .reply(let id, let reply):
            replies.append((index, id, reply))
            write(index, "reply \(id.value) \(reply.outcome): \(reply.text)")
        case .progress(let id, let text): write(index, "progress \(id.value): \(text)")
        case .note(let notice):
            guard notice.code != .command else { return }
            let rule = notice.reason.map { " [\($0.rule.rawValue)]" } ?? ""
            notices.append((index, notice))
            write(index, "\(notice.severity) \(notice.code): \(notice.text)\(rule)")
        case .resetNode:
            write(index, "RESET")
            resets.append(index)
            nodes[index].isOn = false
            nodes[index].isRunning = false
            nodes[index].running = []
        case .endDaemon:
            write(index, "daemon ends")
            nodes[index].isRunning = false
        }
    }

    /// Whether a path carries a beat now.
    private func carries(_ link: Int, from index: Int) -> Bool {
        guard !cut.contains(link) else { return false }
        let settings = nodes[index].settings.links
        let device = link < settings.count ? settings[link].device : paths[index][link]?.device
        guard device == "eth1" else { return device != nil }
        guard link < settings.count || !paths[1 - index].isEmpty else { return false }
        return hasServiceNetwork && pulled.isEmpty
    }

    private func run(_ index: Int, _ operation: Operation) {
        let settings = nodes[index].settings
        let name = settings.groups[operation.groupIndex].resources[operation.resourceIndex].name
        let key = "\(names[index])/\(name.prefix { $0 != ":" })/\(operation.action)"
        let (time, outcome) = outcomes[key] ?? (.milliseconds(20), .succeeded)
        let counter = nodes[index].counter
        let boot = nodes[index].boot
        write(index, "run \(operation.action) \(name)")
        schedule(
            now + time,
            .act { [self] in
                guard nodes[index].isOn, nodes[index].boot == boot else { return }
                var result = outcome
                if outcome == .succeeded {
                    switch operation.action {
                    case .start:
                        nodes[index].running.insert(name)
                        if operation.resourceIndex == 1 { log?.start(index) }
                    case .resume:
                        nodes[index].running.insert(name)
                        nodes[index].running.formUnion(covered(settings, operation))
                    case .stop:
                        nodes[index].running.remove(name)
                        if operation.resourceIndex == 1 { log?.stop(index) }
                    case .suspend:
                        nodes[index].running.remove(name)
                        nodes[index].running.subtract(covered(settings, operation))
                    case .abandon: nodes[index].running.subtract(covered(settings, operation))
                    case .status: result = nodes[index].running.contains(name) ? .running : .stopped
                    }
                }
                guard nodes[index].counter == counter, nodes[index].isRunning else { return }
                write(index, "\(operation.action) \(name): \(result)")
                give(index, .operationFinished(operation.id, result))
            }
        )
    }

    /// What writes through a resource: it writes as little as that does.
    private func covered(_ settings: Settings, _ operation: Operation) -> [String] {
        let resources = settings.groups[operation.groupIndex].resources
        guard resources[operation.resourceIndex].isBarrier else { return [] }
        return resources.filter(\.isCovered).map(\.name)
    }

    private func probe(_ index: Int, _ address: IPAddress) {
        probeCount += 1
        let other = 1 - index
        if address == Story.gateway {
            guard hasGateway, pulled[index] == nil else { return }
            answer(index, address, MACAddress(0x0200_0000_00fe))
            return
        }
        if linkHasAddresses, address == Story.linkAddress(of: other) {
            guard !cut.contains(0), nodes[other].isOn else { return }
            answer(index, address, MACAddress(0x0200_0000_0010 + UInt64(other)), on: "eth2")
            return
        }
        let isGroup = address == IPAddress(ipv4: (192, 168, 1, 100))
        if isGroup { for mac in strangers { answer(index, address, mac) } }
        guard hasServiceNetwork, pulled.isEmpty, nodes[other].isOn else { return }
        let own = IPAddress(ipv4: (192, 168, 1, UInt8(2 + other)))
        let hasGroup = nodes[other].running.contains { $0.contains("192.168.1.100") }
        guard address == own || hasGroup && isGroup else { return }
        answer(index, address, MACAddress(0x0200_0000_0000 + UInt64(other)))
    }

    private func answer(
        _ index: Int,
        _ address: IPAddress,
        _ mac: MACAddress,
        on device: String = "eth1"
    ) {
        let answer = ProbeAnswer(address: address, mac: mac, device: device)
        schedule(
            now + .microseconds(100),
            .act { [self] in
                guard nodes[index].isRunning else { return }
                give(index, .probeAnswered(answer))
            }
        )
    }

    // MARK: Transcript

    func write(_ index: Int, _ text: String) {
        let micros = now.nanoseconds / 1000
        let fraction = String(micros % 1_000_000 + 1_000_000).dropFirst()
        let time = "\(micros / 1_000_000).\(fraction)"
        let padding = String(repeating: " ", count: max(0, 11 - time.count))
        lines.append("\(padding)\(time) \(names[index]) \(text)")
    }

    /// The transcript so far.
    var transcript: String { lines.joined(separator: "\n") + "\n" }
}
