// drbddisk: a DRBD resource, primary on the holder. Nothing is ever forced: what would make old data authoritative is
// the administrator's to type. Exit codes decide, never texts; texts are for people.

import Linux

/// `drbddisk[::RESOURCE]`.
struct DRBDResource: ResourceType {
    /// The resource's name; `all` for every one of drbd.conf.
    let name: String

    /// There where the kernel has DRBD; tests name another place.
    static var module: String { Environment.value("BATON_DRBD_MODULE") ?? "/sys/module/drbd" }
    /// Between two tries.
    static let retryInterval: Int64 = 250_000_000
    /// How long a disk of which nobody knows whether it is current waits for its peer to connect.
    static let connectingTime: Int64 = 5_000_000_000
    /// What is left of the time for the last words.
    static let margin: Int64 = 500_000_000

    /// What `drbdadm` ends with (drbdsetup(8)).
    private enum Exit {
        /// The state change was refused: the peer is primary still, or the device is in use.
        static let refused: Int32 = 11
        /// No disk here.
        static let noDisk: Int32 = 16
        /// No up-to-date data within reach, or the peer could not be fenced.
        static let noData: Int32 = 17
    }

    init(_ arguments: [String]) throws(ResourceUsageError) {
        guard arguments.count < 2 else {
            throw ResourceUsageError("it takes one RESOURCE, or none for all")
        }
        let name = arguments.first ?? "all"
        let isPlain = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [43, 45, 46, 95].contains(byte)
        }
        guard !name.isEmpty, isPlain, !name.hasPrefix("-") else {
            throw ResourceUsageError("'\(name)' is no name of a DRBD resource")
        }
        self.name = name
    }

    func carryOut(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer {
        switch action {
        case .start:
            start(acceptsLoss: Environment.value("BATON_ACCEPT_DATA_LOSS") == "1", until: deadline)
        case .stop: stop(until: deadline)
        case .status: status(mustServe: false, until: deadline)
        case .monitor: status(mustServe: true, until: deadline)
        case .ready: ready(until: deadline)
        case .suspend: suspend(until: deadline)
        case .resume: resume(until: deadline)
        case .abandon: abandon(until: deadline)
        case .data, .follow, .alone: data(until: deadline)
        case .rejoin: .misused("a DRBD resource is resynchronised by DRBD")
        case .outdate: outdate(until: deadline)
        case .view: view(until: deadline)
        }
    }

    // MARK: Looking

    /// What a look at one resource, or at all of them, shows.
    enum View {
        /// Each with its name.
        case seen([(name: String, state: DRBDState)])
        /// The kernel has no DRBD: nothing can be primary.
        case noModule
        /// It cannot be told, and why.
        case unknown(String)
    }

    func look(until deadline: Int64) -> View {
        guard Files.exists(DRBDResource.module) else { return .noModule }
        let names: [String]
        if name == "all" {
            let listed = Tool("drbdadm").ask(["sh-resources"], until: deadline)
            names = listed.text.split(whereSeparator: \.isWhitespace).map(String.init)
            guard listed.isGood, !names.isEmpty else {
                return .unknown("drbdadm sh-resources: \(listed.lastLine)")
            }
        } else {
            names = [name]
        }
        var seen: [(name: String, state: DRBDState)] = []
        for name in names {
            switch look(at: name, until: deadline) {
            case .success(let state): seen.append((name, state))
            case .failure(let failure): return .unknown(failure.text)
            }
        }
        return .seen(seen)
    }

    /// Why a resource's state cannot be told.
    private struct LookFailure: Error { var text: String }

    private func look(at name: String, until deadline: Int64) -> Result<DRBDState, LookFailure> {
        let answer = Tool("drbdsetup").ask(["status", name], until: deadline)
        if answer.isGood, let state = DRBDState(status: answer.text, of: name),
            state.role != .unknown, !state.disks.isEmpty
        {
            return .success(state)
        }
        if !answer.isGood, isDown(name, until: deadline) { return .success(.down) }
        let said = answer.text.split(whereSeparator: \.isNewline).joined(separator: ", ")
        let text = answer.isGood ? "says of \(name): \(said)" : "status \(name): \(answer.lastLine)"
        return .failure(LookFailure(text: "drbdsetup \(text)"))
    }

    /// Whether the kernel has no such resource, which drbdsetup says by an error.
    private func isDown(_ name: String, until deadline: Int64) -> Bool {
        let status = Tool("drbdsetup").ask(["status"], until: deadline)
        return status.isGood && !DRBDState.names(inStatus: status.text).contains(name)
    }

    private func status(mustServe: Bool, until deadline: Int64) -> ResourceAnswer {
        switch look(until: deadline) {
        case .noModule: return .stopped("the kernel has no DRBD loaded")
        case .unknown(let text): return .unknown(text)
        case .seen(let all):
            let text = all.map { "\($0.name) \($0.state.text)" }.joined(separator: "; ")
            let primaries = all.count { $0.state.role == .primary }
            if primaries == 0 { return .stopped(text) }
            guard primaries == all.count else { return .unknown("some are primary: \(text)") }
            if all.contains(where: \.state.isSuspended) { return .suspended(text) }
            if mustServe,
                let lost = all.first(where: { $0.state.disks.contains { $0 != .upToDate } })
            {
                return .failed(
                    "\(lost.name) does not lie on a good disk of this node: \(lost.state.text)"
                )
            }
            return .running(text)
        }
    }

    private func ready(until deadline: Int64) -> ResourceAnswer {
        switch look(until: deadline) {
        case .noModule:
            return .failed("the kernel has no DRBD loaded: modprobe drbd, drbdadm up \(name)")
        case .unknown(let text): return .unknown(text)
        case .seen(let all):
            for (name, state) in all where !state.isInDoubt {
                if let obstacle = state.obstacle(name) { return .failed(obstacle.text) }
            }
            return .done()
        }
    }

    // MARK: Changing

    /// Makes every resource primary.
    ///
    /// With `acceptsLoss` also one whose data is old, for the administrator has said that what the peer wrote alone is
    /// lost; one whose data is half old and half new never.
    private func start(acceptsLoss: Bool, until deadline: Int64) -> ResourceAnswer {
        var last = ""
        // What was seen last: a look that comes to nothing, at the end of the time, is not the reason.
        var seen = ""
        let connectsUntil = min(BootClock.now &+ DRBDResource.connectingTime, deadline)
        while true {
            switch look(until: deadline) {
            case .noModule:
                return .failed("the kernel has no DRBD loaded: modprobe drbd, drbdadm up \(name)")
            case .unknown(let text): last = seen.isEmpty ? text : "\(seen); then \(text)"
            case .seen(let all):
                let waiting = all.filter { $0.state.role != .primary }
                if waiting.isEmpty { return .done("\(name) is primary") }
                var passing: String?
                var beside: String?
                for (name, state) in waiting {
                    if state.peerRole == .primary {
                        beside = "the peer is primary of \(name) still"
                        // There DRBD itself would not mind. Elsewhere it asks the peer at once and refuses, or finds
                        // out that it has died: only a try tells before its own timeouts, which are longer than deadtime.
                        if mayHaveTwoPrimaries(name, until: deadline) { passing = beside }
                    }
                    guard let obstacle = state.obstacle(name) else { continue }
                    if acceptsLoss, state.isWhole, state.peerRole != .primary {
                        let result = Tool("drbdadm").run(
                            ["primary", "--force", name],
                            until: deadline
                        )
                        if result.isGood { continue }
                        return .failed("drbdadm primary --force \(name): \(result.lastLine)")
                    }
                    guard obstacle.passes else { return .failed(obstacle.text) }
                    // A peer that connects tells by itself; after that `primary` asks it (`fence-peer`).
                    if state.isInDoubt, BootClock.now >= connectsUntil { continue }
                    passing = obstacle.text
                }
                if let passing {
                    last = passing
                } else if let failure = promote(waiting.map(\.name), &last, until: deadline) {
                    return failure
                } else if last.isEmpty {
                    return .done("\(name) is primary")
                } else if let beside {
                    last = "\(beside) (\(last))"
                }
                seen = last
            }
            guard BootClock.now &+ DRBDResource.margin < deadline else {
                return .failed("\(name) did not become primary in time: \(last)")
            }
            Pause.wait(DRBDResource.retryInterval)
        }
    }

    /// Whether a resource may be primary on both nodes, or that cannot be told.
    private func mayHaveTwoPrimaries(_ name: String, until deadline: Int64) -> Bool {
        let shown = Tool("drbdsetup").ask(["show", name], until: deadline)
        return !shown.isGood || DRBDState.allowsTwoPrimaries(inShow: shown.text)
    }

    /// Makes each primary; nil when all are (`last` is empty) or another try may help (`last` says why).
    private func promote(_ names: [String], _ last: inout String, until deadline: Int64)
        -> ResourceAnswer?
    {
        last = ""
        for name in names {
            let result = Tool("drbdadm").run(["primary", name], until: deadline)
            switch result.exit {
            case 0: continue
            case Exit.noData:
                return .failed(
                    "\(name) has no up-to-date data within reach, or nobody could tell that the peer's is old: "
                        + result.lastLine
                )
            case Exit.noDisk: return .failed("\(name) has no disk here: \(result.lastLine)")
            // The peer demotes still, or has only now died; a kernel that is busy may yield too.
            default: last = "drbdadm primary \(name): \(result.lastLine)"
            }
        }
        return nil
    }

    private func stop(until deadline: Int64) -> ResourceAnswer {
        var last = ""
        while true {
            switch look(until: deadline) {
            case .noModule: return .done("the kernel has no DRBD loaded")
            case .unknown(let text): last = text
            case .seen(let all):
                let primaries = all.filter { $0.state.role == .primary }
                if primaries.isEmpty {
                    return .done("\(name) is secondary" + attachAgain(until: deadline))
                }
                last = ""
                for (name, _) in primaries {
                    let result = Tool("drbdadm").run(["secondary", name], until: deadline)
                    if !result.isGood { last = "drbdadm secondary \(name): \(result.lastLine)" }
                }
                if last.isEmpty { continue }
            }
            guard BootClock.now &+ DRBDResource.margin < deadline else {
                let holders = DeviceHolders.find(devices(until: deadline))
                let users = holders.isEmpty ? "" : "; in use by \(holders.joined(separator: ", "))"
                return .failed("\(name) did not become secondary in time: \(last)\(users)")
            }
            Pause.wait(DRBDResource.retryInterval)
        }
    }

    // MARK: Replicated data (S11)

    private func data(until deadline: Int64) -> ResourceAnswer {
        switch look(until: deadline) {
        case .noModule:
            return .done(ReplicatedData(.detached, obstacle: "the kernel has no DRBD loaded").line)
        case .unknown(let text): return .unknown(text)
        case .seen(let all):
            var told = ReplicatedData(all.allSatisfy(\.state.isInSync) ? .inSync : .detached)
            for (name, state) in all {
                // What runs here needs no leave to begin.
                guard state.role != .primary, let obstacle = state.obstacle(name) else { continue }
                // What is worse than a doubt stands before it.
                if told.obstacle != nil, !told.isDoubt || state.isInDoubt { continue }
                told.obstacle = obstacle.text
                told.isAge = state.isWhole
                told.isDoubt = state.isInDoubt
            }
            told.copy = DRBDState.copy(all.map(\.state))
            if all.count == 1 { told.generation = generation(all[0].name, until: deadline) }
            return .done(told.line)
        }
    }

    /// The current data generation of a resource's first volume, without the bit that says who is primary.
    private func generation(_ name: String, until deadline: Int64) -> UInt64? {
        let answer = Tool("drbdadm").ask(["get-gi", name], until: deadline)
        guard answer.isGood,
            let word = answer.text.split(whereSeparator: { ":\n".contains($0) }).first,
            let identity = UInt64(String(word).trimmed, radix: 16)
        else { return nil }
        return identity & ~1
    }

    /// Tells DRBD that the data is old, where it does not know better: a primary has the newest there is, and what is
    /// connected learns of it from the peer.
    private func outdate(until deadline: Int64) -> ResourceAnswer {
        guard case .seen(let all) = look(until: deadline) else { return data(until: deadline) }
        for (name, state) in all
        where state.role == .secondary && !state.connections.contains(where: \.isConnected)
            && state.disks.contains(where: { $0 == .upToDate || $0 == .consistent })
        {
            let result = Tool("drbdadm").run(["outdate", name], until: deadline)
            guard result.isGood else {
                return .unknown("drbdadm outdate \(name): \(result.lastLine)")
            }
        }
        return data(until: deadline)
    }
}
