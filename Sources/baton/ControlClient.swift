// One conversation with the daemon: a request, its progress, its one final reply, and what each way in which that
// can end means for the exit code.

import Failover
import Linux
import Reporting
import Wire

/// Asks the daemon of one run directory.
struct ControlClient {
    /// Where its sockets are.
    let runDirectory: String
    /// Whether replies are printed as JSON.
    let json: Bool

    /// How long a question that needs no operation may take.
    static let answerMilliseconds: Int64 = 5000
    /// How long one may take for which each resource is looked at, here or there, by a child with a deadline.
    static let lookMilliseconds: Int64 = 13_000

    init(_ options: GlobalOptions) {
        self.init(runDirectory: options.runDirectory, json: options.json)
    }

    init(runDirectory: String, json: Bool) {
        self.runDirectory = runDirectory
        self.json = json
    }

    /// The daemon that a command asks which takes no options of ours.
    static let standard = ControlClient(
        runDirectory: GlobalOptions.standardRunDirectory,
        json: false
    )

    // MARK: Questions

    /// The daemon's status, or what of it another question asks for.
    func status(
        _ request: ControlRequest = .status,
        timeoutMilliseconds: Int64 = answerMilliseconds
    ) throws -> Status {
        let conversation = try open("status.sock", request, timeoutMilliseconds)
        while true {
            switch try conversation.next() {
            case .status(let status): return status
            case .progress: continue
            case .error(let error): throw refusal(error)
            case .reply, .version, .files, .explanation, .fence, .replicas:
                throw Ending(.failed, "baton: the daemon gave no status; is it of another version?")
            }
        }
    }

    /// What a node decided, and why, as this node's daemon knows it.
    func explanation(_ group: GroupName?) throws -> Explanation {
        switch try answer(.explain(group)) {
        case .explanation(let explanation): return explanation
        case .error(let error): throw refusal(error)
        default:
            throw Ending(
                .failed,
                "baton: the daemon gave no explanation; is it of another version?"
            )
        }
    }

    /// How this node's replicated resources stand.
    func replicas(_ name: String?) throws -> ReplicaReport {
        switch try answer(.replicas(name), Self.lookMilliseconds) {
        case .replicas(let report): return report
        case .error(let error): throw refusal(error)
        default:
            throw Ending(.failed, "baton: the daemon gave no answer; is it of another version?")
        }
    }

    /// The other node's, asked by this node's daemon, or why they are not known.
    func peerReplicas(_ name: String?) throws -> Result<ReplicaReport, ControlError> {
        try peer(.peerReplicas(name), timeoutMilliseconds: Self.lookMilliseconds) {
            if case .replicas(let report) = $0 { report } else { nil }
        }
    }

    /// What the other node's copy of a DRBD resource is, once it has been told to mark it as old.
    func fence(_ resource: String, peers: [String]) throws -> FenceReply {
        let request = ControlRequest.outdatePeer(resource: resource, peers: peers)
        switch try answer(request, socket: "control.sock") {
        case .fence(let reply): return reply
        case .error(let error): throw refusal(error)
        default:
            throw Ending(.failed, "baton: the daemon gave no answer; is it of another version?")
        }
    }

    /// The other node's status, asked by this node's daemon, or why it is not known.
    func peerStatus() throws -> Result<Status, ControlError> {
        try peer(.peerStatus) { if case .status(let status) = $0 { status } else { nil } }
    }

    /// The other node's files, likewise.
    func peerFiles() throws -> Result<NodeFiles, ControlError> {
        try peer(.peerFiles, socket: "control.sock") {
            if case .files(let files) = $0 { files } else { nil }
        }
    }

    /// The other node's decisions, likewise.
    func peerExplanation(_ group: GroupName?) throws -> Result<Explanation, ControlError> {
        try peer(.peerExplain(group)) {
            if case .explanation(let explanation) = $0 { explanation } else { nil }
        }
    }

    /// What the other node says; without it a command still has this node's word, so that nothing is thrown but
    /// what this node's daemon is to blame for.
    private func peer<Value>(
        _ request: ControlRequest,
        socket: String = "status.sock",
        timeoutMilliseconds: Int64 = answerMilliseconds,
        _ value: (ControlResponse) -> Value?
    ) throws -> Result<Value, ControlError> {
        let response = try answer(request, socket: socket, timeoutMilliseconds)
        if case .error(let error) = response { return .failure(error) }
        return value(response).map { .success($0) }
            ?? .failure(ControlError(.noAnswer, "the other node answers something else"))
    }

    /// The final line of the daemon's answer.
    private func answer(
        _ request: ControlRequest,
        socket: String = "status.sock",
        _ timeoutMilliseconds: Int64 = answerMilliseconds
    ) throws -> ControlResponse {
        let conversation = try open(socket, request, timeoutMilliseconds)
        while true {
            let response = try conversation.next()
            if response.isFinal { return response }
        }
    }

    // MARK: Orders

    /// Sends an order and waits as the options say; returns only when it is done.
    func perform(_ request: ControlRequest, _ waiting: WaitingOptions) throws {
        try perform(
            request,
            isWaiting: !waiting.noWait,
            timeoutMilliseconds: waiting.timeout.milliseconds
        )
    }

    /// Sends an order; without waiting the daemon's first line of progress is enough, which it sends when it has
    /// accepted the order.
    func perform(
        _ request: ControlRequest,
        isWaiting: Bool,
        timeoutMilliseconds: Int64
    ) throws {
        let conversation = try open("control.sock", request, timeoutMilliseconds)
        while true {
            switch try conversation.next() {
            case .progress(let text):
                guard isWaiting else {
                    try finish(.done, "accepted: \(printable(text))")
                    return
                }
                Output.error("... \(printable(text))")
            case .reply(let reply):
                try finish(ExitStatus(reply.outcome), printable(reply.text, keepsLines: true))
                return
            case .error(let error): throw refusal(error)
            case .status, .version, .files, .explanation, .fence, .replicas:
                throw Ending(.failed, "baton: the daemon gave no reply; is it of another version?")
            }
        }
    }

    private struct FinalReply: Encodable {
        var exit: Int32
        var outcome: String
        var text: String
    }

    private func finish(_ status: ExitStatus, _ text: String) throws {
        if json {
            let reply = FinalReply(exit: status.rawValue, outcome: "\(status)", text: text)
            Output.write(try JSONText.of(reply) + "\n")
            if status != .done { throw Ending(status) }
            return
        }
        guard status == .done else { throw Ending(status, text) }
        Output.write(text + "\n")
    }

    // MARK: Opening, and what goes wrong

    private func open(
        _ socket: String,
        _ request: ControlRequest,
        _ timeoutMilliseconds: Int64
    ) throws -> Conversation {
        let path = runDirectory + "/" + socket
        do {
            let client = try UnixClient(
                path,
                waitingMilliseconds: Int(Self.answerMilliseconds),
                lineMaximum: ControlCoding.responseMaximum
            )
            // The socket adds the newline that the coding has.
            let line = Array(ControlCoding.encode(request).dropLast())
            try client.sendWaiting(line: line, milliseconds: Int(Self.answerMilliseconds))
            return Conversation(
                client: client,
                path: path,
                timeoutMilliseconds: timeoutMilliseconds
            )
        } catch {
            throw Self.ending(for: error, path)
        }
    }

    private static func ending(for error: SystemError, _ path: String) -> Ending {
        switch error.errno {
        case .accessDenied, .notPermitted:
            Ending(.refused, "baton: this user may not use \(path); as root, type the same again")
        case .timedOut:
            Ending(
                .timedOut,
                "baton: the daemon does not answer on \(path); type: systemctl status batond"
            )
        default:
            Ending(
                .noDaemon,
                """
                baton: no daemon answers on \(path) (\(error.errno.name)); the groups of this node are not looked after.
                Type: systemctl start batond; if it does not stay: journalctl -u batond -n 30
                """
            )
        }
    }

    private func refusal(_ error: ControlError) -> Ending {
        let status: ExitStatus =
            switch error.code {
            case .notAllowed, .busy: .refused
            case .noAnswer: .timedOut
            case .unknownVerb: .failed
            case .lineTooLong, .notJSON, .badField: .failed
            }
        return Ending(status, "baton: the daemon refuses: \(printable(error.text))")
    }

    /// A request on its way.
    private struct Conversation {
        let client: UnixClient
        let path: String
        let timeoutMilliseconds: Int64
        private let deadline: Int64?

        init(client: UnixClient, path: String, timeoutMilliseconds: Int64) {
            self.client = client
            self.path = path
            self.timeoutMilliseconds = timeoutMilliseconds
            deadline =
                timeoutMilliseconds == 0 ? nil : BootClock.now + timeoutMilliseconds * 1_000_000
        }

        /// The daemon's next line.
        func next() throws -> ControlResponse {
            let line: [UInt8]?
            do {
                line = try client.nextLineWaiting(milliseconds: remaining)
            } catch {
                if error.errno == .timedOut { throw tooLate }
                throw ControlClient.ending(for: error, path)
            }
            guard let line else {
                throw Ending(
                    .noDaemon,
                    "baton: the daemon ended before it answered; what became of it, tells: baton status"
                )
            }
            do {
                return try ControlCoding.decodeResponse(line)
            } catch {
                throw Ending(.failed, "baton: the daemon's answer cannot be read: \(error)")
            }
        }

        private var remaining: Int {
            guard let deadline else { return Int(Int32.max) }
            return max(0, Int((deadline - BootClock.now) / 1_000_000))
        }

        private var tooLate: Ending {
            Ending(
                .timedOut,
                "baton: no final reply within \(ageText(milliseconds: timeoutMilliseconds)); it goes on, see: baton status"
            )
        }
    }
}

extension ExitStatus {
    /// The exit code that a final reply stands for.
    init(_ outcome: CommandOutcome) {
        switch outcome {
        case .done: self = .done
        case .refused: self = .refused
        case .failed: self = .failed
        case .timedOut: self = .timedOut
        }
    }
}
