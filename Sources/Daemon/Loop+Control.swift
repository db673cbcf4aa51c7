// What people ask over the sockets: reads are answered at once, commands go to the core, a reload is
// read by a helper and judged here.

import Failover
import Linux
import Wire

extension Loop {
    /// Answers requests or makes them events.
    func requests(_ requests: [ControlDoor.Request]) -> [Event] {
        requests.compactMap { event($0.request, from: $0.connection) }
    }

    private func event(_ request: ControlRequest, from caller: UInt64) -> Event? {
        switch request {
        case .ping:
            door.send(.reply(CommandReply(outcome: .done, text: "alive")), to: caller)
        case .version:
            door.send(.version(BatonDaemon.version), to: caller)
        case .status:
            door.send(.status(status()), to: caller)
        case .monitors(let name):
            door.send(.status(status(history: name)), to: caller)
        case .explain(let group):
            door.send(.explanation(explanation(group)), to: caller)
        case .peerStatus: askPeer(.status, for: caller)
        case .peerFiles: askPeer(.files, for: caller)
        case .peerExplain(let group): askPeer(.explain(group), for: caller)
        case .replicas(let name): tellReplicas(name, for: .control(caller))
        case .peerReplicas(let name): askPeer(.replicas(resource: name), for: caller)
        case .outdatePeer(let name, let peers):
            return fence(name, peers: peers, for: .control(caller))
        case .standby(let scope, nil): return command(.standby(scope), caller)
        case .standby(let scope, let cause?):
            return command(.standbyForHealth(scope, cause: cause), caller)
        case .clear(let scope): return command(.clear(scope), caller)
        case .freeze(let scope, let seconds, let by, let reason):
            return command(
                .freeze(scope, duration: seconds.map { .seconds($0) }, by: by, reason: reason),
                caller
            )
        case .thaw(let scope): return command(.thaw(scope), caller)
        case .monitorsDisable(let names): switchMonitors(names, off: true, caller)
        case .monitorsEnable(let names): switchMonitors(names, off: false, caller)
        case .takeover(let scope, false): return command(.takeover(scope), caller)
        case .takeover(let scope, true): return command(.takeoverAcceptingLoss(scope), caller)
        case .failback: return command(.failback, caller)
        case .confirmDown(let node, let typed):
            guard node.text == typed else {
                refuse(caller, "confirm-down needs the node's name typed again: \(node)")
                return nil
            }
            return command(.confirmDown(node), caller)
        case .reload(let exec):
            beginReload(connection: caller, exec: exec)
        }
        return nil
    }

    private func command(_ command: Failover.Command, _ caller: UInt64) -> Event? {
        guard hasBegun else {
            refuse(caller, "the daemon is starting: it ends what an earlier one left running (S14)")
            return nil
        }
        commandIssued += 1
        let id = CommandID(commandIssued)
        callers[id] = caller
        // At once, so that who does not want to wait knows that the order was taken.
        door.send(.progress("accepted"), to: caller)
        return .commandReceived(id, command)
    }

    func refuse(_ caller: UInt64?, _ text: String) {
        guard let caller else {
            log.say(.error, "reload refused: \(text)")
            return
        }
        door.send(.reply(CommandReply(outcome: .refused, text: text)), to: caller)
    }

    /// The core's status and what only the daemon knows.
    ///
    /// - Parameter history: the service whose history is wanted, too.
    /// - Returns: the status of now.
    func status(history: String? = nil) -> Status {
        var status = core.status(at: Instant(nanoseconds: now))
        if !hasBegun { status.incarnation = session.incarnation.description }
        status.monitors = monitorStatuses(history: history)
        for index in status.groups.indices {
            if let remaining = status.groups[index].frozen?.remainingMilliseconds {
                let end = WallClock.now + remaining * 1_000_000
                status.groups[index].frozen?.until = String(LogLine.localTime(end).prefix(19))
            }
        }
        for kind in VerdictKind.allCases {
            status.counters["datagrams_\(kind.name)"] = session.counters[kind]
        }
        status.recordTrouble = recorder.trouble(at: now)
        status.timing?.loopLateness = latenesses
        status.timing?.stealPercent = stolen.percent
        status.counters["loop_lateness_maximum_microseconds"] = shared[.latenessMaximum] / 1000
        status.counters["log_lines_dropped"] = shared[.droppedLines]
        status.counters["loops_replaced"] = shared[.loopReplacements]
        status.counters["keepers_replaced"] = shared[.keeperReplacements]
        status.counters["helpers_replaced"] = shared[.helperReplacements]
        status.counters["keeper_beats"] = shared[.keeperBeats]
        status.counters["operations_running"] = UInt64(spawner.count)
        status.counters["connections_refused"] = door.refusedCount
        return status
    }

    // MARK: reload

    /// Begins to read the configuration anew.
    func beginReload(connection: UInt64?, exec: Bool) {
        guard reload == nil, listQuestion == nil, listChanges == nil else {
            refuse(connection, "another reload is going on")
            return
        }
        guard !exec || context.arguments.first?.hasPrefix("/") == true else {
            refuse(
                connection,
                "reload --exec needs a batond started by its absolute path; restart it instead:"
                    + " a restarted batond adopts what runs"
            )
            return
        }
        do {
            reload = try ReloadChecker(context, poller: poller, connection: connection, exec: exec)
        } catch {
            refuse(connection, "cannot read the configuration: \(error)")
        }
    }

    /// The helper has read: judges what it found, and does it.
    func finishReload() {
        guard let checker = reload, let fault = checker.result() else { return }
        reload = nil
        checker.end()
        endedCheckers.append(checker.process)
        // It may have ended before; else its signal comes.
        reapCheckers()
        guard fault.isEmpty else {
            refuse(checker.connection, "nothing was changed:\n" + fault)
            return
        }
        guard let bytes = shared.candidate.value, let files = ConfigurationStore.decode(bytes),
            case .success((let new, _)) = LoadedConfiguration.make(
                files,
                node: context.node,
                ownAddresses: MachineAddresses.read()
            )
        else {
            refuse(checker.connection, "nothing was changed: the files changed while being read")
            return
        }
        apply(new, bytes, checker)
    }

    /// Takes the ends of helpers that have read, so that none is left as a zombie.
    func reapCheckers() {
        endedCheckers.removeAll { id in
            do throws(SystemError) {
                return try ThisProcess.ending(ofChild: id) != nil
            } catch {
                // It is no child any more.
                return true
            }
        }
    }

    /// Judges a configuration and does what it changes; `hasAsked` once the network was asked for what lists add, after
    /// which all else is judged again.
    private func apply(
        _ new: LoadedConfiguration,
        _ bytes: [UInt8],
        _ checker: ReloadChecker,
        hasAsked: Bool = false
    ) {
        let held = Set(status().groups.filter { $0.state != .standby }.map(\.name))
        let consequence = ReloadChecker.consequence(
            old: loaded.cluster,
            new: new.cluster,
            held: held
        )
        // A peer that is heard now must be heard afterwards; one that is not has nothing to lose.
        let peer = core.status(at: Instant(nanoseconds: now)).peer.state
        if peer == .alive || peer == .late, let peerKeys = session.peerKeys,
            let deafness = ReloadChecker.deafness(
                old: loaded.keyring,
                new: new.keyring,
                peerKeys: peerKeys
            )
        {
            refuse(checker.connection, "nothing was changed: \(deafness)")
            return
        }
        switch consequence {
        case .refused(let names):
            refuse(
                checker.connection,
                "nothing was changed: this node holds \(names.joined(separator: ", ")), whose"
                    + " resources would change under it; `baton standby` first, or put them back"
            )
        case .keys:
            do {
                try session.replaceKeys(new.keyring)
                loaded = new
                // It is started again with the new ones.
                peerClient.stop()
                shared.configuration.store(bytes)
                done(checker, "the keys were replaced; everything else is unchanged")
            } catch {
                refuse(checker.connection, "nothing was changed: \(error)")
            }
        case .none where !checker.exec:
            done(checker, "the configuration is unchanged")
        case .none, .restart:
            guard !isAtWork else {
                refuse(checker.connection, "operations or commands are going on; try again later")
                return
            }
            let changes = ListChanges.changes(from: loaded, to: new, held: held)
            if !hasAsked, !changes.isEmpty {
                readNetwork()
                listQuestion = ListQuestion(changes, view, packets, at: now) {
                    [unowned self] refusal in
                    if let refusal {
                        refuse(checker.connection, "nothing was changed: \(refusal)")
                    } else {
                        apply(new, bytes, checker, hasAsked: true)
                    }
                }
                if listQuestion != nil { return }
            }
            beginListChanges(changes) { [unowned self] in
                shared.configuration.store(bytes)
            } end: { [unowned self] said, outcome in
                let end = "the configuration was read; the loop begins anew and adopts what runs"
                done(checker, (said + [end]).joined(separator: "\n"), outcome)
                shared[.isReloading] = checker.exec ? 2 : 1
                exitCode = 0
            }
        }
    }

    private func done(
        _ checker: ReloadChecker,
        _ text: String,
        _ outcome: CommandOutcome = .done
    ) {
        log.say(outcome == .done ? .info : .error, "reload: \(text)")
        guard let caller = checker.connection else { return }
        door.send(.reply(CommandReply(outcome: outcome, text: text)), to: caller)
    }
}
