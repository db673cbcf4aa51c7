// What this machine says about the groups, for the other node's `baton check`: a helper looks, because links, /etc and
// data directories are on disks. What is looked for is known to `Configuration`; who asks, to `Loop+Peer`.

import Configuration
import Linux
import Wire

/// The machine as the other node is told of it; nobody looks but when it asks.
final class MachineReader {
    /// What a question for the files is answered with.
    struct Answer: Equatable {
        /// The question's number.
        var question: UInt64
        /// `MachineFacts.text`; nil where the helper did not tell in time.
        var text: String?
    }

    static let channelToken: UInt64 = 26
    static let exitToken: UInt64 = 27
    /// How long the helper may look: the other node waits for two seconds.
    private static let lookMaximum: Int64 = 1_200_000_000
    /// For so long what was seen is good for another question.
    private static let freshness: Int64 = 1_000_000_000
    /// The longest text; a helper's message takes no more.
    private static let textMaximum = 150_000

    private let poller: Poller
    private var helper: Helper?
    private var questions: [UInt64] = []
    private var deadline: Int64 = 0
    private var seen: (text: String, time: Int64)?

    init(poller: Poller) { self.poller = poller }

    /// When `expire` wants to be called.
    var nextDeadline: Int64? { questions.isEmpty ? nil : deadline }

    /// Takes a question; what is known is answered at once, else a helper looks.
    func ask(
        _ question: UInt64,
        _ context: DaemonContext,
        _ groups: [ResourceGroup],
        at now: Int64
    ) -> [Answer] {
        if let seen, now - seen.time < MachineReader.freshness {
            return [Answer(question: question, text: seen.text)]
        }
        if !questions.isEmpty {
            questions.append(question)
            return []
        }
        // One that looks still, for a question that was given up: it hangs on its disk.
        guard helper == nil else { return [Answer(question: question, text: nil)] }
        do {
            let configuration = context.paths.configuration
            let helper = try Helper.launch(.machine, keeping: [context.lock.number]) { channel in
                channel.sendWaiting(MachineReader.look(groups, configuration))
            }
            try poller.add(helper.channel.number, token: MachineReader.channelToken)
            try poller.add(helper.handle.number, token: MachineReader.exitToken)
            self.helper = helper
            questions = [question]
            deadline = now + MachineReader.lookMaximum
            return []
        } catch {
            // No process or no descriptor is left: the files are told without it.
            return [Answer(question: question, text: nil)]
        }
    }

    /// Takes what the helper said, or its end.
    func serve(_ token: UInt64, at now: Int64) -> [Answer] {
        guard let helper else { return [] }
        if token == MachineReader.exitToken {
            let answers = take(helper, at: now)
            ignoring { () throws(SystemError) in try poller.remove(helper.channel.number) }
            ignoring { () throws(SystemError) in try poller.remove(helper.handle.number) }
            ignoring { () throws(SystemError) in
                _ = try ThisProcess.ending(ofChild: helper.handle.identity.id)
            }
            self.helper = nil
            return answers + answer(nil)
        }
        return take(helper, at: now)
    }

    /// Gives up waiting for a helper that hangs; it is ended.
    func expire(at now: Int64) -> [Answer] {
        guard !questions.isEmpty, deadline <= now else { return [] }
        helper?.kill()
        return answer(nil)
    }

    // MARK: details

    private func take(_ helper: Helper, at now: Int64) -> [Answer] {
        let bytes: [UInt8]
        switch helper.channel.receive() {
        case .nothingYet: return []
        case .closed:
            // Its end is told by its other descriptor.
            ignoring { () throws(SystemError) in try poller.remove(helper.channel.number) }
            return []
        case .message(let message): bytes = message
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard !text.isEmpty else { return answer(nil) }
        seen = (text, now)
        return answer(text)
    }

    private func answer(_ text: String?) -> [Answer] {
        defer { questions = [] }
        return questions.map { Answer(question: $0, text: text) }
    }

    /// Runs in the helper.
    private static func look(_ groups: [ResourceGroup], _ configuration: String) -> [UInt8] {
        let look = MachineLook(
            list: { (try? Files.list($0)) ?? [] },
            link: { try? Files.link($0) },
            read: { try? Files.read($0, maximum: ConfigurationStore.fileMaximum) },
            owner: Files.owner,
            isExecutable: Files.isExecutable,
            exists: Files.exists,
            cutsConnections: ConnectionCut.isSupported(),
            filtersPackets: PacketFilter.isSupported(table: "baton-machine")
        )
        let lookup = ResourceLookup(configuration: configuration)
        let bytes = Array(MachineFacts(of: groups, lookup, look).text.utf8)
        return bytes.count > textMaximum ? [] : bytes
    }
}
