// A run of the small model in words, for whoever wants to know how a rule was broken: what was done to the pair, what
// each core heard that was new, and what it did.

import Failover

/// The words of one run.
struct ExplorerTranscript: Sendable {
    private(set) var lines: [String] = []
    private var said: [[GroupReport]] = [[], []]
    private var heard: [[GroupReport]] = [[], []]

    /// A quantum begins.
    mutating func quantum(_ time: Int64) {
        lines.append("quantum \(time / ExplorerModel.quantum)")
    }

    /// Something is done to the pair.
    mutating func world(_ text: String, at time: Int64) { write(time, "**", text) }

    private mutating func write(_ time: Int64, _ who: String, _ text: String) {
        let within = time % ExplorerModel.quantum / millisecond
        lines.append("  +\(within) ms  \(who)  \(text)")
    }

    /// An event given to a core, if it is news.
    mutating func event(_ event: Event, _ node: Int, at time: Int64) {
        switch event {
        case .timeReached, .probeAnswered, .persisted, .heartbeatRepeated: return
        case .networksChanged(let networks):
            let words = networks.map { "\($0.device)\($0.hasCarrier ? "" : " without carrier")" }
            write(time, name(node), "networks: \(words.joined(separator: ", "))")
        case .heartbeatReceived(let beat, _):
            guard heard[node] != beat.content.groups || beat.content.kind == .daemonDown else {
                return
            }
            heard[node] = beat.content.groups
            let kind = beat.content.kind == .alive ? "" : "daemon down "
            write(time, name(node), "hears #\(beat.sequence): \(kind)\(words(beat.content.groups))")
        case .started(let start):
            let claim = start.record?.claims.first
            let text = claim.map { "\($0.intent.rawValue) e\($0.epoch) r\($0.reserved)" } ?? "none"
            write(time, name(node), "daemon starts, record: \(text)")
        case .operationFinished(_, let outcome):
            write(time, name(node), "operation ends: \(outcome.short)")
        case .loopLate(let lateness): write(time, name(node), "is late by \(lateness.text)")
        default: write(time, name(node), "\(event)")
        }
    }

    /// What a core asks for.
    mutating func effect(_ effect: Effect, _ node: Int, at time: Int64) {
        switch effect {
        case .probe, .ping, .progress, .announceAddresses, .observeData, .markData,
            .followPeer, .writeAlone, .askPeerToOutdate, .answerFence:
            return
        case .sendHeartbeat(let content, _):
            guard said[node] != content.groups else { return }
            said[node] = content.groups
            write(time, name(node), "  says: \(words(content.groups))")
        case .persist(_, let record):
            let text = record.claims.map { "\($0.intent.rawValue) e\($0.epoch) r\($0.reserved)" }
            write(time, name(node), "  writes \(text.joined())")
        case .runOperation(let operation):
            let text = "\(operation.action.rawValue) of resource \(operation.resourceIndex)"
            write(time, name(node), "  runs \(text)")
        case .note(let notice): write(time, name(node), "  notes \(notice.text)")
        case .reply(_, let reply): write(time, name(node), "  replies \(reply.outcome)")
        case .setPath(_, let path):
            write(time, name(node), "  path: \(path?.name ?? "none")")
        case .cancelOperation, .resetNode, .endDaemon: write(time, name(node), "  \(effect)")
        }
    }

    private func name(_ node: Int) -> String { Scenery.name(of: node).text }

    private func words(_ reports: [GroupReport]) -> String {
        reports.map { report in
            var text = "\(report.phase) e\(report.epoch)"
            if report.claim != .none { text += " by \(report.claim)" }
            if report.isLate { text += " late" }
            if report.offer != 0 { text += " offers e\(report.offer)" }
            if report.declined != 0 { text += " declined e\(report.declined)" }
            if report.fitness != .fit { text += " \(report.fitness)" }
            return text
        }.joined(separator: ", ")
    }
}

extension Stepper {
    mutating func tell(_ node: Int, _ event: Event) {
        guard transcript != nil else { return }
        transcript?.event(event, node, at: now)
    }

    mutating func tell(_ node: Int, _ effect: Effect) {
        guard transcript != nil else { return }
        transcript?.effect(effect, node, at: now)
    }
}
