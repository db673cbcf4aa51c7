// What a peer with the key may say, mad or of another version: beats that a session accepts, whatever stands in
// them, go to the deciding core, which may refuse, wait or act, but must settle and go on. Between them time passes,
// operations end, links fail and come back, administrators ask.
//
// The input is a row of acts. A beat is 176 bytes and the sections behind the names; the few fields by which a session
// knows its peer are set right, everything else is the input's.

import Failover

@_spi(Simulation) @testable import Wire

private let settings: Settings = {
    let address = ResourceSettings(
        name: "IPaddr::192.168.1.100/24/eth1",
        type: "IPaddr",
        address: IPAddress(ipv4: (192, 168, 1, 100)),
        isStateless: true
    )
    let disk = ResourceSettings(name: "drbddisk::r0", type: "drbddisk", isStateless: false)
    func group(_ name: String, _ side: Side, _ resources: [ResourceSettings]) -> GroupSettings {
        GroupSettings(
            name: GroupName(name),
            preferred: side,
            resources: resources,
            storageDigest: resources.count > 1 ? 7 : 0,
            addressDigest: 9
        )
    }
    return Pair.settings(
        links: ["eth1", "eth2"],
        groups: [
            group("192.168.1.100", .own, [address, disk]), group("10.0.0.9", .peer, [address]),
        ]
    )
}()

private let incarnation = Incarnation(counter: 5, nonce: 0xa005)
private let bootID = BootID(high: 1, low: 0)

/// One node, and what it asked for that has not happened yet.
private struct Node {
    var machine = FailoverMachine(settings: settings)
    var session: Session
    var now = Instant(nanoseconds: 1_000_000_000)
    var sequence: UInt64 = 0
    var waiting: [Event] = []
    /// How operations end.
    var outcome = OperationOutcome.succeeded

    init() {
        do {
            session = try Session(
                cluster: settings.cluster,
                node: settings.node,
                peer: settings.peer,
                bootID: bootID,
                incarnation: incarnation,
                authentication: .identity
            )
        } catch {
            fatalError("\(error)")
        }
        take(.started(Start(bootID: bootID, incarnation: incarnation, record: nil)))
    }

    mutating func take(_ event: Event) {
        waiting.append(event)
        // What an effect leads to happens at once; a core that asks for ever would be found by the time limit.
        while let event = waiting.first {
            waiting.removeFirst()
            for effect in machine.handle(event, at: now) { carryOut(effect) }
        }
    }

    /// What administrators would be told.
    func tell() {
        let status = machine.status(at: now)
        precondition(status.groups.count == settings.groups.count, "a group is lost")
    }

    private mutating func carryOut(_ effect: Effect) {
        switch effect {
        case .sendHeartbeat(let content, _): _ = session.seal(content, link: 0, at: now)
        case .persist(let id, _): waiting.append(.persisted(id))
        case .runOperation(let operation): waiting.append(.operationFinished(operation.id, outcome))
        case .cancelOperation(let id): _ = id
        case .observeData(let group):
            let seen = DataObservation(replication: .inSync, begunAt: now)
            waiting.append(.dataObserved(group: group, seen))
        case .askPeerToOutdate(let id, _, _): waiting.append(.peerFenceAnswered(id, nil))
        case .setPath, .probe, .ping, .announceAddresses, .reply, .progress, .note, .resetNode,
            .endDaemon, .markData, .followPeer, .writeAlone, .answerFence:
            break
        }
    }

    /// A beat as the input has it, but of the peer, fresh and for us.
    mutating func hear(_ beat: [UInt8]) {
        let fixed = (beat + [UInt8](repeating: 0, count: Layout.fixedCount)).prefix(
            Layout.fixedCount
        )
        let names = Layout.names(cluster: "demo", sender: settings.peer, receiver: settings.node)
        var bytes = Array(fixed) + [Layout.namesSection, 0, 0, UInt8(names.count)] + names
        bytes += beat.dropFirst(Layout.fixedCount).prefix(Session.datagramMaximum - bytes.count)
        bytes.put(Layout.magic, at: 0)
        bytes[4] = Layout.major
        bytes[Layout.keyID] = 0
        bytes[Layout.tagLength] = 0
        bytes.put(UInt16(bytes.count), at: Layout.signedLength)
        bytes.put(UInt16(Layout.fixedCount), at: Layout.fixedLength)
        bytes[Layout.link] %= 3
        bytes.put(UInt16(0), at: Layout.part)
        bytes[Layout.parts + 1] |= 1
        for place in [
            Layout.clock, Layout.echo + 16, Layout.candidateEcho + 16, Layout.deadtime,
            Layout.earliestTake,
        ] { bytes[place] &= 0x7f }
        bytes[Layout.nonce + 7] |= 1
        bytes.put(incarnation.nonce, at: Layout.echo)
        sequence += 1
        bytes.put(sequence, at: Layout.sequence)
        bytes.put(session.lastSequence, at: Layout.echo + 8)
        let link = LinkIndex(Int(bytes[Layout.link]))
        switch session.open(bytes, link: link.value, at: now) {
        case .accepted(let beat): take(.heartbeatReceived(beat, link: link))
        case .repeated: take(.heartbeatRepeated(link: link))
        default: break
        }
    }
}

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    var node = Node()
    for _ in 0..<64 where !input.isEmpty {
        switch input.byte() % 12 {
        case 0: node.hear(input.piece())
        case 1:
            node.now = node.now + .milliseconds(input.short())
            node.take(.timeReached)
        case 2:
            // To its next deadline, as the daemon waits.
            if let next = node.machine.nextDeadline { node.now = max(node.now, next) }
            node.take(.timeReached)
        case 3: node.outcome = outcome(input.byte())
        case 4:
            let word = input.byte()
            node.take(.linkChanged(LinkIndex(Int(word % 3)), isUp: word & 4 != 0))
        case 5: node.take(.probeAnswered(answer(&input)))
        case 6: node.take(.neighbourHeard(answer(&input)))
        case 7: node.take(.networksChanged([network(input.byte())]))
        case 8: node.take(.loopLate(.nanoseconds(Int64(bitPattern: input.number() & ~(1 << 63)))))
        case 9: node.take(.commandReceived(CommandID(1), command(&input)))
        case 10:
            let failure = HealthFailure(name: "h/s", incident: 1, action: .standby, text: "no")
            node.take(.healthChanged(group: 0, input.byte() & 1 == 0 ? [] : [failure]))
        default: node.take(.rolledBack(Incarnation(counter: 6, nonce: 0xa006)))
        }
    }
    node.tell()
    return 0
}

private func outcome(_ word: UInt8) -> OperationOutcome {
    let failure = OperationFailure(exitCode: 1, output: "no")
    switch word % 8 {
    case 0: return .succeeded
    case 1: return .running
    case 2: return .stopped
    case 3: return .unknown(failure)
    case 4: return .failed(failure)
    case 5: return .timedOut(failure)
    case 6: return .cancelled
    default: return .interrupted
    }
}

private func answer(_ input: inout Input) -> ProbeAnswer {
    ProbeAnswer(
        address: IPAddress(ipv4: (192, 168, 1, input.byte())),
        mac: MACAddress(UInt64(input.short())),
        device: input.byte() & 1 == 0 ? "eth1" : "eth2"
    )
}

private func network(_ word: UInt8) -> OwnNetwork {
    OwnNetwork(
        // On the third one no link is configured: the peer's address there makes a learnt path.
        device: ["eth1", "eth2", "eth3"][Int(word % 3)],
        mac: MACAddress(0x2),
        hasCarrier: word & 2 != 0,
        addresses: word & 4 == 0 ? [] : [NetworkAddress(IPAddress(ipv4: (192, 168, 1, 1)), 24)],
        gateways: word & 8 == 0 ? [] : [IPAddress(ipv4: (192, 168, 1, 254))],
        groups: word & 16 == 0 ? [] : [0]
    )
}

private func command(_ input: inout Input) -> Command {
    let word = input.byte()
    let scopes: [Scope] = [.all, .local, .foreign, .failback, .group(GroupName("10.0.0.9"))]
    let scope = scopes[Int(word >> 3) % scopes.count]
    switch word & 7 {
    case 0: return .standby(scope)
    case 1: return .takeover(scope)
    case 2: return .failback
    case 3: return .confirmDown(settings.peer)
    case 4: return .standbyForHealth(scope, cause: "h/s")
    case 5: return .clear(scope)
    case 6:
        return .freeze(scope, duration: .seconds(input.short()), by: "anna", reason: "new disks")
    default: return .thaw(scope)
    }
}
