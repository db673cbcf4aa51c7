// What comes in by descriptors, made into events of the core.

import Failover
import Linux
import Wire

extension Loop {
    /// Takes what a ready descriptor brings.
    func serve(_ readiness: Poller.Readiness) -> [Event] {
        let token = readiness.token
        switch token {
        case Token.signals: return takeSignals()
        case Token.monitor: return takeInterfaceEvents()
        case Token.keeper:
            keeperEnded()
            return []
        case ReloadChecker.channelToken:
            finishReload()
            return []
        case MachineReader.channelToken, MachineReader.exitToken:
            answerFiles(machine.serve(token, at: now))
            return []
        default: break
        }
        if let role = HelperSet.role(token) { return serve(role, token) }
        if peerClient.owns(token) {
            servePeer(token)
            return []
        }
        if door.owns(token) { return requests(door.serve(readiness)) }
        if packets.owns(token) {
            let heard = packets.heard(token, at: now)
            listQuestion?.hear(heard.answers, view)
            return heard.answers.map(Event.probeAnswered) + heard.others.map(Event.neighbourHeard)
        }
        if token == Token.echo || token == Token.echo6 { return echoes?.answers(token) ?? [] }
        if connections.owns(token) {
            connections.serve(token, at: now)
            return []
        }
        if token >= Token.firstSocket, token < Token.firstPacket {
            return receive(socket: Int(token - Token.firstSocket))
        }
        return []
    }

    // MARK: beats

    /// Opens what can be opened and watches it.
    func openSockets() {
        for place in sockets.reopenStale() {
            guard let number = sockets.numbers[place] else { continue }
            // The old descriptor was closed, which the poller noticed by itself.
            ignoring { () throws(SystemError) in
                try poller.add(number, token: Token.firstSocket + UInt64(place))
            }
        }
    }

    /// Reads all heartbeat sockets, ready or not.
    func drainSockets() -> [Event] {
        (0..<sockets.count).flatMap(receive)
    }

    /// Throws away what waits in the sockets.
    func drainRaw() -> Int {
        (0..<sockets.count).reduce(0) {
            $0 + sockets.receive(socket: $1, maximum: Loop.datagramsPerTurn).count
        }
    }

    private func receive(socket place: Int) -> [Event] {
        guard sockets.numbers[place] != nil else { return [] }
        let arrivals = sockets.receive(socket: place, maximum: Loop.datagramsPerTurn)
        guard hasBegun else { return [] }
        return arrivals.compactMap { arrival in
            let time = Instant(nanoseconds: now)
            switch session.open(arrival.bytes, link: arrival.link.value, at: time) {
            case .accepted(let beat): return .heartbeatReceived(beat, link: arrival.link)
            case .repeated: return .heartbeatRepeated(link: arrival.link)
            case .rolledBack: return beginIncarnation()
            case .candidate:
                answerCandidate()
                return nil
            case .own, .malformed, .unknownKey, .badMAC, .foreign, .stale, .replayed:
                return nil  // counted by the session
            }
        }
    }

    /// A restarted peer is heard sooner when it need not wait a keepalive for its echo.
    ///
    /// Recordings can be candidates too, so this is bounded to four beats in a keepalive.
    private func answerCandidate() {
        let pause = loaded.settings.timings.keepalive.nanoseconds / 4
        guard let content = lastBeat, now - lastCandidateAnswer >= pause else { return }
        lastCandidateAnswer = now
        send(content, on: LinkSet(bits: UInt32.max))
    }

    /// This machine was set back to an earlier state (S6): a new incarnation, nothing trusted.
    private func beginIncarnation() -> Event? {
        let counter = shared[.incarnationUsed] + 1
        if shared[.incarnationReserved] < counter + 32 { recorder.reserve(counter + 64) }
        // Without a durable counter or random bytes the next such datagram asks again.
        guard counter <= shared[.incarnationReserved], let nonce = try? Loop.freshNonce() else {
            return nil
        }
        shared[.incarnationUsed] = counter
        let incarnation = Incarnation(counter: counter, nonce: nonce)
        session.beginIncarnation(incarnation)
        return .rolledBack(incarnation)
    }

    // MARK: devices

    private func takeInterfaceEvents() -> [Event] {
        do {
            // Bounded; what is left is told again.
            for _ in 0..<64 {
                if try monitor.next() == nil { break }
            }
        } catch {
            log.say(.warning, "cannot read changes of devices: \(error)")
        }
        readNetwork()
        packets.noteDevices(view)
        openSockets()
        var events: [Event] = sockets.noteDevices(view.links).map {
            .linkChanged($0.link, isUp: $0.isUp)
        }
        events.append(.networksChanged(ownNetworks))
        // Only once the core has heard all that came in with it: it may be giving the group up (S8).
        considerRepair()
        return events
    }

    /// The node's networks as last read.
    var ownNetworks: [OwnNetwork] {
        // Addresses of documentation (RFC 5737, RFC 3849): on nobody's network, so that the default route is told.
        let outside: [Linux.IPAddress] = [
            .v4(IPv4Address(0xc000_0201)), .v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)),
        ]
        let gateways = outside.compactMap { try? addresses.interfaces.route(to: $0) }
        return view.ownNetworks(wishes: loaded.groupWishes, gateways: gateways)
    }

    // MARK: signals

    private func takeSignals() -> [Event] {
        var events: [Event] = []
        do {
            while let arrival = try signals.next() {
                switch arrival.signal {
                case .terminate, .interrupt:
                    shared[.isShuttingDown] = 1
                    context.tell("STOPPING=1")
                    events.append(.shutdownRequested)
                case .hangUp: beginReload(connection: nil, exec: false)
                case .child: reapCheckers()
                default: break  // another helper's end comes by its descriptor
                }
            }
        } catch {
            log.say(.warning, "cannot read signals: \(error)")
        }
        return events
    }

    // MARK: helpers

    private func serve(_ role: HelperRole, _ token: UInt64) -> [Event] {
        var events: [Event] = []
        for message in helpers.receive(from: role) {
            switch role {
            case .recorder: events += takeRecorder(message)
            case .spawner: events += takeSpawner(message)
            case .checks: takeCheck(message)
            case .logWriter, .checker, .machine, .peer: break
            }
        }
        if let replacement = helpers.noteEnd(token, at: now) { note(replacement) }
        return events
    }

    private func takeRecorder(_ message: [UInt8]) -> [Event] {
        let answer = recorder.take(message)
        if let (severity, text) = answer.saying { log.say(severity, text) }
        return answer.persisted.map { [.persisted($0)] } ?? []
    }

    private func takeSpawner(_ message: [UInt8]) -> [Event] {
        let (ended, killed) = spawner.take(message)
        for operation in killed {
            log.say(.warning, "ended an operation of an earlier process: \(operation) (S14)")
        }
        return ended.map { .operationFinished($0.0, $0.1) }
    }

    /// Looks after the helpers.
    func watchHelpers() {
        for replacement in helpers.watch(at: now) { note(replacement) }
    }

    private func note(_ replacement: HelperSet.Replacement) {
        switch replacement.role {
        case .recorder: recorder.restart()
        case .spawner: spawner.restart()
        case .checks: restartChecks()
        case .logWriter, .checker, .machine, .peer: break
        }
        let name = replacement.role.rawValue
        log.say(.error, "the helper \(name) \(replacement.why) and was started again")
    }
}
