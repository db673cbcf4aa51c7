// A story in words: what happened, on which node, and what its core made of it. Beats that say nothing new are
// left out, so that what matters can be read.

import Failover

/// The transcript of one story.
struct Transcript {
    /// Its lines so far; the oldest are dropped beyond `linesMaximum`.
    private(set) var lines: [String] = []
    /// How many were dropped.
    private(set) var dropped = 0
    private var lastSaid: [[GroupReport]] = [[], []]
    private var lastHeard: [[GroupReport]] = [[], []]
    private var held: String?

    /// The longest transcript.
    static let linesMaximum = 4_000

    private mutating func write(_ time: Int64, _ who: String, _ text: String) {
        let micros = time / 1_000
        let whole = micros / 1_000_000
        let rest = String(micros % 1_000_000)
        let fraction = String(repeating: "0", count: 6 - rest.count) + rest
        let column = String(repeating: " ", count: max(0, 5 - String(whole).count))
        lines.append("\(column)\(whole).\(fraction)  \(who)  \(text)")
        if lines.count > Self.linesMaximum {
            lines.removeFirst(Self.linesMaximum / 2)
            dropped += Self.linesMaximum / 2
        }
    }

    /// Something the world does by itself.
    mutating func world(_ text: String, at time: Int64) { write(time, "--", text) }

    /// A deed of the story.
    mutating func deed(_ kind: DeedKind, at time: Int64) { write(time, "**", kind.words) }

    /// The end of a deed that lasted.
    mutating func deedEnds(_ kind: DeedKind, at time: Int64) {
        write(time, "**", "ends: \(kind.words)")
    }

    /// A broken rule.
    mutating func violation(_ rule: String, _ text: String, at time: Int64) {
        write(time, "!!", "\(rule) broken. \(text)")
    }

    /// An event given to a core; a beat without news waits for an effect worth telling.
    mutating func event(_ event: Event, on machine: Machine, at time: Int64) {
        held = nil
        switch event {
        case .timeReached:
            held = "time passes"
        case .heartbeatRepeated(let link):
            held = "hears the peer on link \(link.value) too"
        case .heartbeatReceived(let beat, let link):
            let text =
                "hears on link \(link.value): \(words(beat.content, machine)) (#\(beat.sequence))"
            if lastHeard[machine.index] == beat.content.groups {
                held = text
            } else {
                lastHeard[machine.index] = beat.content.groups
                write(time, machine.settings.node.text, text)
            }
        case .probeAnswered(let answer):
            held = "\(answer.address) is answered on \(answer.device)"
        case .persisted(let id):
            held = "record \(id.value) is on disk"
        default:
            write(time, machine.settings.node.text, words(event, machine))
        }
    }

    /// An effect of the event told last.
    mutating func effect(_ effect: Effect, on machine: Machine, at time: Int64) {
        let text: String?
        switch effect {
        case .sendHeartbeat(let content, _):
            if lastSaid[machine.index] == content.groups {
                text = nil
            } else {
                lastSaid[machine.index] = content.groups
                text = "says: \(words(content, machine))"
            }
        case .probe, .ping: text = nil
        case .note(let notice) where notice.severity >= .info && notice.code == .linkUp: text = nil
        default: text = words(effect, machine)
        }
        guard let text else { return }
        if let held { write(time, machine.settings.node.text, held) }
        held = nil
        write(time, machine.settings.node.text, "  -> \(text)")
    }

    // MARK: - Words

    private func words(_ content: BeatContent, _ machine: Machine) -> String {
        let groups = content.groups.map { report -> String in
            let found = machine.settings.groups.first { $0.name.identity == report.group }
            var text = "\(found?.name.text ?? "?") \(report.phase) e\(report.epoch)"
            if report.claim != .none { text += " by \(report.claim)" }
            if report.isLate { text += " late" }
            if report.offer != 0 { text += " offers e\(report.offer)" }
            if report.declined != 0 { text += " declined e\(report.declined)" }
            if report.fitness != .fit { text += " \(report.fitness)" }
            if report.replication != .unknown { text += " \(report.replication)" }
            if report.request != 0 { text += " asks \(report.request)" }
            return text
        }
        let leaving = content.isLeaving ? "leaving; " : ""
        let alive = content.kind == .alive ? "" : "daemon down; "
        return alive + leaving + groups.joined(separator: ", ")
    }

    private func words(_ event: Event, _ machine: Machine) -> String {
        switch event {
        case .started(let start):
            let record = start.record.map { record in
                record.claims.map { "\($0.intent.rawValue) e\($0.epoch)" }.joined(separator: ", ")
            }
            return
                "the daemon starts, incarnation \(start.incarnation.counter), record: \(record ?? "none")"
        case .rolledBack: return "was rolled back"
        case .operationFinished(let id, let outcome):
            return "operation \(id.value) ends: \(outcome.short)"
        case .linkChanged(let link, let isUp):
            return "link \(link.value) \(isUp ? "is up" : "lost its carrier")"
        case .networksChanged(let networks):
            let words = networks.map {
                "\($0.device)\($0.hasCarrier ? "" : " (no carrier)") "
                    + $0.addresses.map { "\($0.address)" }.joined(separator: " ")
            }
            return "own networks: \(words.joined(separator: ", "))"
        case .neighbourHeard(let heard): return "hears \(heard.address) on \(heard.device)"
        case .pingAnswered(let address): return "\(address) answers"
        case .loopLate(let lateness): return "the loop is late by \(lateness.text)"
        case .commandReceived(let id, let command): return "command \(id.value): \(command.words)"
        case .shutdownRequested: return "SIGTERM"
        case .healthChanged(let group, let failures):
            let names = failures.map { "\($0.name) (\($0.action.rawValue))" }
            let text = names.isEmpty ? "all well" : "failed: \(names.joined(separator: ", "))"
            return "services of \(machine.settings.groups[group].name): \(text)"
        case .dataObserved(let group, let seen):
            let obstacle = seen?.obstacle.map { ", \($0.text)" } ?? ""
            let word = seen.map { "\($0.replication)" } ?? "nothing"
            return "sees \(machine.settings.groups[group].name): \(word)\(obstacle)"
        case .readinessObserved(let group, let missing):
            return "could start \(machine.settings.groups[group].name): \(missing ?? "yes")"
        case .fenceRequested, .peerFenceAnswered, .outdateRequested, .heartbeatReceived,
            .heartbeatRepeated, .timeReached, .persisted, .probeAnswered:
            return "\(event)"
        }
    }

    private func words(_ effect: Effect, _ machine: Machine) -> String {
        switch effect {
        case .persist(let id, let record):
            let claims = record.claims.map { "\($0.intent.rawValue) e\($0.epoch)" }
            return "writes record \(id.value): \(claims.joined(separator: ", "))"
        case .runOperation(let operation):
            let group = machine.settings.groups[operation.groupIndex]
            let resource = group.resources[operation.resourceIndex]
            return "runs \(operation.action.rawValue) of \(resource.name) (\(operation.id.value))"
        case .cancelOperation(let id): return "ends operation \(id.value) early"
        case .announceAddresses(let group): return "announces the addresses of \(group)"
        case .reply(let id, let reply):
            return "replies to \(id.value): \(reply.outcome), \(reply.text)"
        case .progress(let id, let text): return "tells \(id.value): \(text)"
        case .note(let notice):
            let group = notice.group.map { " \($0)" } ?? ""
            return "notes \(notice.code.rawValue)\(group): \(notice.text)"
        case .resetNode(let reason): return "resets the node: \(reason.facts)"
        case .endDaemon: return "ends"
        case .observeData(let group):
            return "looks at the data of \(machine.settings.groups[group].name)"
        case .markData(let group, let isStale):
            let name = machine.settings.groups[group].name
            return "marks the data of \(name) as \(isStale ? "old" : "fresh")"
        case .followPeer(let group, let follows):
            let name = machine.settings.groups[group].name
            return follows ? "lets \(name) follow" : "lets \(name) follow no more"
        case .writeAlone(let group, let isAlone):
            let name = machine.settings.groups[group].name
            return isAlone ? "lets \(name) write alone" : "lets \(name) write alone no more"
        case .setPath(let link, let path):
            return "path \(link.value): \(path?.name ?? "none")"
        case .sendHeartbeat, .probe, .ping, .askPeerToOutdate, .answerFence: return "\(effect)"
        }
    }
}

extension OperationOutcome {
    /// One word, for transcripts.
    var short: String {
        switch self {
        case .succeeded: "succeeded"
        case .running: "running"
        case .stopped: "stopped"
        case .suspended: "suspended"
        case .unknown: "unknown"
        case .failed: "failed"
        case .timedOut: "timed out"
        case .cancelled: "cancelled"
        case .interrupted: "interrupted"
        }
    }
}

extension Command {
    /// As it is typed.
    var words: String {
        switch self {
        case .standby(let scope): "standby \(scope.words)"
        case .takeover(let scope): "takeover \(scope.words)"
        case .takeoverAcceptingLoss(let scope): "takeover --accept-data-loss \(scope.words)"
        case .failback: "failback"
        case .confirmDown(let node): "confirm-down \(node)"
        case .standbyForHealth(let scope, let cause): "standby \(scope.words) for \(cause)"
        case .clear(let scope): "clear \(scope.words)"
        case .freeze(let scope, let duration, _, _):
            "freeze \(scope.words) \(duration?.text ?? "for ever")"
        case .thaw(let scope): "thaw \(scope.words)"
        }
    }
}

extension Scope {
    /// As it is typed.
    var words: String {
        switch self {
        case .all: "all"
        case .local: "local"
        case .foreign: "foreign"
        case .failback: "failback"
        case .group(let name): name.text
        }
    }
}

extension DeedKind {
    /// What is done, in words.
    var words: String {
        func name(_ node: Int) -> String { Scenery.name(of: node).text }
        func time(_ nanoseconds: Int64) -> String { Duration.nanoseconds(nanoseconds).text }
        func line(_ network: Int?) -> String {
            network.map { "network eth\($0)" } ?? "every network"
        }
        switch self {
        case .crash(let node, let offFor, let losesDisk):
            return
                "\(name(node)) loses power for \(time(offFor))\(losesDisk ? " and its disk" : "")"
        case .kill(let node, let restartAfter):
            return "kill -9 of the daemon of \(name(node)), restarted after \(time(restartAfter))"
        case .pause(let node, let lasts, let keeperAfter):
            let keeper = keeperAfter.map { ", its keeper acts after \(time($0))" } ?? ""
            return "SIGSTOP of the daemon of \(name(node)) for \(time(lasts))\(keeper)"
        case .freeze(let node, let lasts): return "\(name(node)) freezes for \(time(lasts))"
        case .pull(let node, let network, let lasts, let losesCarrier):
            let carrier = losesCarrier ? "" : ", its carrier kept"
            return
                "the cable of \(name(node)) to \(line(network)) is pulled for \(time(lasts))\(carrier)"
        case .cut(let network, let way, let lasts, let losesCarrier):
            let direction =
                switch way {
                case .both: "both ways"
                case .forth: "from l0 to l1"
                case .back: "from l1 to l0"
                }
            let carrier = losesCarrier && way == .both ? ", carrier lost" : ""
            return "\(line(network)) is cut \(direction) for \(time(lasts))\(carrier)"
        case .lose(let network, let perMille, let lasts):
            return "\(line(network)) loses \(perMille) of 1000 for \(time(lasts))"
        case .delay(let network, let most, let lasts):
            return "\(line(network)) delays by up to \(time(most)) for \(time(lasts))"
        case .double(let network, _, let lasts):
            return "\(line(network)) delivers twice for \(time(lasts))"
        case .hangDisk(let node, let lasts):
            return "the disk of \(name(node)) hangs for \(time(lasts))"
        case .spoil(let node, let group, let resource, let action, let how):
            return
                "on \(name(node)) the next \(action.rawValue) of resource \(resource) of group \(group) \(how)"
        case .loseHelper(let node): return "the helper for operations of \(name(node)) is killed"
        case .breakService(let node, let group, let lasts, let action):
            return
                "a service of group \(group) fails on \(name(node)) for \(Duration.nanoseconds(lasts).text)"
                + " (\(action.rawValue))"
        case .unprepare(let node, let group, let lasts):
            return
                "group \(group) cannot be started on \(name(node)) for \(Duration.nanoseconds(lasts).text)"
        case .command(let node, let command): return "typed on \(name(node)): \(command.words)"
        case .confirmDown(let node, let lies):
            return
                "typed on \(name(node)): confirm-down \(name(1 - node))\(lies ? ", whether or not it is" : "")"
        case .shutdown(let node, let restartAfter):
            return
                "SIGTERM to the daemon of \(name(node)), started again after \(time(restartAfter))"
        case .forge(let node, let how, _): return "somebody sends \(name(node)) a datagram: \(how)"
        }
    }
}
