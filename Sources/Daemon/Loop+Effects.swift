// How each effect of the core is carried out. None of these waits; what takes time comes back as an
// event.

import Configuration
import Failover
import Linux
import Monitoring
import Wire

extension Loop {
    /// Carries out one effect.
    func carryOut(_ effect: Effect) {
        switch effect {
        case .sendHeartbeat(let content, let links): send(content, on: links)
        case .setPath(let link, let path): setPath(link, path)
        case .persist(let id, let record): recorder.write(id, record)
        case .runOperation(let operation): run(operation)
        case .cancelOperation(let id): spawner.cancel(id)
        case .probe(let address): packets.ask(Linux.IPAddress(address), at: now, view)
        case .ping(let address): echoes?.ask(address)
        case .announceAddresses(let name): announce(name)
        case .observeData(let group): data.look(at: group)
        case .markData(let group, let isStale): data.mark(group, isStale: isStale)
        case .followPeer(let group, let follows): data.follow(group, follows)
        case .writeAlone(let group, let isAlone): data.allowAlone(group, isAlone)
        case .askPeerToOutdate(let id, _, _): askPeerToOutdate(id)
        case .answerFence(let id, let reply): answerFence(id, reply)
        case .reply(let id, let reply): finish(id, reply)
        case .progress(let id, let text):
            if let caller = callers[id] { door.send(.progress(text), to: caller) }
        case .note(let notice):
            say(notice)
            if notice.code == .groupMoved { context.tell("STATUS=\(notice.text)") }
        case .resetNode(let reason): resetNode(reason)
        case .endDaemon:
            shared[.hasEnded] = 1
            exitCode = 0
        }
    }

    /// Opens the socket of a learnt path, or closes it.
    private func setPath(_ link: LinkIndex, _ path: LearntPath?) {
        let learnt = path.flatMap { path -> HeartbeatPath? in
            guard let device = DeviceName(rawValue: path.device), let first = loaded.paths.first
            else { return nil }
            return HeartbeatPath(
                device: device,
                port: first.port,
                destination: .unicast(Linux.IPAddress(path.peer))
            )
        }
        sockets.set(link, learnt)
        openSockets()
        for change in sockets.noteDevices(view.links) {
            queue.append(.linkChanged(change.link, isUp: change.isUp))
        }
        if learnt != nil, !sockets.isUp[link.value] {
            queue.append(.linkChanged(link, isUp: false))
        }
    }

    /// Sends a beat on some links.
    func send(_ content: BeatContent, on links: LinkSet) {
        lastBeat = content
        for link in sockets.isUp.indices where links.contains(LinkIndex(link)) {
            // Sealed also for a link that is down: a send is how a repaired one is first heard.
            let time = Instant(nanoseconds: now)
            let datagrams = session.seal(content, link: link, at: time)
            if let change = sockets.send(datagrams, on: link) {
                queue.append(.linkChanged(change.link, isUp: change.isUp))
            }
        }
        leaveContinuation()
    }

    private func run(_ operation: Operation) {
        if let wishes = loaded.wishes[operation.groupIndex][operation.resourceIndex] {
            addressOperations.append((operation, AddressWork(operation.action, wishes)))
            return
        }
        let group = loaded.cluster.groups[operation.groupIndex]
        let resource = group.resources[operation.resourceIndex]
        let settings = loaded.settings.groups[operation.groupIndex]
        if operation.action == .start, resource.isMonitor { services?.machine.forgetPassed() }
        spawner.run(
            OperationRequest(
                id: operation.id.value,
                group: group.name,
                resource: resource.text,
                type: resource.type,
                arguments: resource.arguments,
                action: operation.action,
                timeout: operation.timeout.nanoseconds,
                isSuspendable: settings.resources[operation.resourceIndex].isSuspendable,
                isBarrier: settings.resources[operation.resourceIndex].isBarrier,
                acceptsDataLoss: operation.acceptsDataLoss
            )
        )
    }

    /// Goes on with the first operation of addresses; there is one.
    func runAddresses(until deadline: Int64) {
        guard let outcome = addresses.advance(&addressOperations[0].work, until: deadline) else {
            return
        }
        let (operation, work) = addressOperations.removeFirst()
        if operation.action == .stop { packets.withdraw(Set(work.wishes.map(\.address))) }
        if operation.action == .start, outcome == .succeeded {
            announce(work.wishes)
            if let shortcoming = work.shortcoming {
                let name = loaded.cluster.groups[operation.groupIndex].name
                log.say(.error, "\(name): \(shortcoming)")
            }
        }
        queue.append(.operationFinished(operation.id, outcome))
    }

    private func announce(_ name: GroupName) {
        guard let place = loaded.settings.groups.firstIndex(where: { $0.name == name }) else {
            return
        }
        announce(loaded.groupWishes[place])
    }

    /// Announces addresses on every device that has them now.
    func announce(_ wishes: [AddressWish]) {
        readNetwork()
        packets.announce(view.places(ofAll: Set(wishes.map(\.address))), at: now, view)
    }

    /// Reads devices and addresses anew; what was known stays when the kernel does not answer.
    func readNetwork() {
        do {
            view = try NetworkView(reading: addresses.interfaces)
        } catch {
            log.say(.warning, "cannot read devices and addresses: \(error)")
        }
    }

    private func finish(_ id: CommandID, _ reply: CommandReply) {
        guard let caller = callers.removeValue(forKey: id) else { return }
        door.send(.reply(reply), to: caller)
    }

    /// S4: this machine is reset now.
    ///
    /// The note of it goes to the disk if that is quicker.
    private func resetNode(_ reason: Reason) {
        log.note(
            Notice(
                severity: .page,
                code: .reset,
                text: "this node resets itself now",
                reason: reason
            )
        )
        recorder.noteReset(second: WallClock.now / 1_000_000_000)
        reset.perform()
    }
}

/// How a node resets itself: the machine's reset, or what a test put in its place.
final class ResetAction {
    private let command: String?
    private let machine: SelfReset?

    init(command: String?) {
        self.command = command
        machine = command == nil ? SelfReset.prepared() : nil
    }

    /// What could not be prepared.
    var shortcoming: SystemError? { machine?.shortcoming }

    func perform() {
        machine?.resetMachine()
        guard let command else { return }
        // Tests alone come here; they accept that the loop forks and the child waits for a disk.
        ignoring { () throws(SystemError) in
            guard case .child = try ThisProcess.fork() else { return }
            _ = RealTime.becomeOrdinary()
            ignoring { () throws(SystemError) in
                try ThisProcess.execute(command, arguments: [command])
            }
            ThisProcess.exit(127)
        }
    }
}
