// Which notices become messages to people: once for each trouble and once when it is over, short flaps merged,
// and never more than a rate allows. Time is an argument; sending is the daemon's.
//
// A trouble (a link that is down, a service that failed, a group that is held) is an *episode*: it opens with
// a notice, is told once, and once more if it becomes worse; it closes when a notice takes it back and none
// opens it again for `settle`. What is no page waits for `settle` before it is told, where it flaps by nature
// (links, the peer). While the other node is lost, links that are down are a part of that trouble.

/// The desk at which notices become messages.
public struct NotificationDesk: Sendable {
    /// What a trouble is about: two notices with the same key are one trouble.
    struct Key: Hashable, Sendable {
        var kind: NotificationKind
        var about: String
        /// Of a held group: a service of it failed, rather than the other node being lost.
        var isHealth = false
    }

    /// Where a trouble stands.
    enum Stage: Equatable, Sendable {
        /// Told when it lasts so long.
        case waiting(until: Instant)
        /// A link that is down while the other node is lost.
        case hidden
        /// Told, or held back by the rate.
        case open
        /// Over, if it is not opened again before then.
        case closing(until: Instant, Notice)
        /// Over; only its flaps are remembered.
        case quiet
    }

    /// One trouble.
    struct Episode: Sendable {
        var key: Key
        var stage: Stage
        var notice: Notice
        var since: Instant
        /// The most urgent severity that was told; `nil` before.
        var told: Severity?
        /// The text that was told last.
        var toldText = ""
        /// How often it opened and closed within `settle`, since when, and whether that was said.
        var flaps = 0
        var flapsSince: Instant
        var flapsAreTold = false
    }

    /// Characters of a subject; the whole text is in the body.
    public static let subjectLimit = 120
    /// Troubles remembered at once; the oldest is forgotten for a new one.
    public static let episodesMaximum = 1024
    /// Flaps within `flapWindow` that are worth a message.
    static let flapsWorthTelling = 3
    static var flapWindow: Duration { .seconds(600) }

    let node: NodeName
    private let settle: Duration
    private var limiter: NotificationLimiter
    /// In the order in which they opened.
    private(set) var episodes: [Episode] = []
    /// What the present call gives.
    private var messages: [Notification] = []

    /// Opens a desk.
    ///
    /// - Parameters:
    ///   - node: this node, as messages name it.
    ///   - rate: `notify_rate`.
    ///   - settle: how long a link or the peer must be lost before it is told, and anything be well again;
    ///     default 5 s.
    public init(
        node: NodeName,
        rate: NotificationRate = NotificationRate(),
        settle: Duration = .seconds(5)
    ) {
        self.node = node
        self.settle = settle
        limiter = NotificationLimiter(rate)
    }

    // MARK: The main verbs

    /// Takes a notice, the core's or the daemon's; gives the messages that are due.
    public mutating func take(_ notice: Notice, at now: Instant) -> [Notification] {
        begin(now)
        switch Meaning(notice, node) {
        case .nothing: break
        case .happened(let kind, let closed):
            let ended = closed.contains { close($0, notice, now, isSilent: true) }
            send(message(kind, notice, recovers: ended), nil, now)
        case .opens(let key, let waits): open(key, notice, now, waits: waits)
        case .closes(let keys):
            for key in keys { _ = close(key, notice, now, isSilent: false) }
        case .forgets(let keys): episodes.removeAll { keys.contains($0.key) }
        }
        return finish()
    }

    /// Gives the messages that are due by now.
    public mutating func timeReached(at now: Instant) -> [Notification] {
        begin(now)
        return finish()
    }

    /// When `timeReached` wants to be called; `nil` when nothing waits.
    public var nextDeadline: Instant? {
        let due = episodes.compactMap { episode -> Instant? in
            switch episode.stage {
            case .waiting(let until), .closing(let until, _): until
            case .hidden, .open, .quiet: nil
            }
        }
        return (due + [limiter.summaryDue].compactMap(\.self)).min()
    }

    /// How many troubles are remembered.
    public var episodeCount: Int { episodes.count }

    // MARK: Episodes

    private mutating func open(_ key: Key, _ notice: Notice, _ now: Instant, waits: Bool) {
        guard let place = episodes.firstIndex(where: { $0.key == key }) else {
            if episodes.count >= Self.episodesMaximum { forgetOldest() }
            var episode = Episode(
                key: key,
                stage: .open,
                notice: notice,
                since: now,
                flapsSince: now
            )
            if waits { episode.stage = .waiting(until: now + settle) }
            episodes.append(episode)
            if !waits { tell(episodes.count - 1, now) }
            return
        }
        let isWorse = episodes[place].told.map { notice.severity < $0 } ?? true
        switch episodes[place].stage {
        case .quiet:
            episodes[place].since = now
            episodes[place].told = nil
            episodes[place].toldText = ""
            episodes[place].notice = notice
            episodes[place].stage = waits ? .waiting(until: now + settle) : .open
            if !waits { tell(place, now) }
        case .waiting, .hidden:
            guard !waits else { return }
            episodes[place].notice = notice
            episodes[place].stage = .open
            tell(place, now)
        case .open, .closing:
            if case .closing = episodes[place].stage { countFlap(place, now) }
            episodes[place].stage = .open
            episodes[place].notice = notice
            // What keeps a group where it is has changed, and with it what to type.
            let isOther = key.kind == .held && notice.text != episodes[place].toldText
            if isWorse && !waits || isOther { tell(place, now) }
        }
    }

    /// Whether an episode that was told is over by this.
    private mutating func close(_ key: Key, _ notice: Notice, _ now: Instant, isSilent: Bool)
        -> Bool
    {
        guard let place = episodes.firstIndex(where: { $0.key == key }) else { return false }
        switch episodes[place].stage {
        case .quiet: return false
        case .waiting:
            countFlap(place, now)
            episodes[place].stage = .quiet
            if key.kind == .peer { showLinks(now) }
            return false
        case .hidden:
            episodes[place].stage = .quiet
            return false
        case .open, .closing:
            let wasTold = episodes[place].told != nil
            if isSilent {
                episodes[place].stage = .quiet
            } else if case .open = episodes[place].stage {
                episodes[place].stage = .closing(until: now + settle, notice)
            }
            return wasTold
        }
    }

    private mutating func countFlap(_ place: Int, _ now: Instant) {
        if now - episodes[place].flapsSince >= Self.flapWindow {
            episodes[place].flapsSince = now
            episodes[place].flaps = 0
            episodes[place].flapsAreTold = false
        }
        episodes[place].flaps += 1
        guard episodes[place].flaps >= Self.flapsWorthTelling, !episodes[place].flapsAreTold else {
            return
        }
        episodes[place].flapsAreTold = true
        let episode = episodes[place]
        var flapping = message(episode.key.kind, episode.notice)
        let count =
            "\(episode.flaps) times within \(max(now - episode.flapsSince, .seconds(1)).spokenText)"
        flapping.severity = .warning
        flapping.subject = Self.line("\(episode.key.name) is lost and back, \(count)")
        flapping.body =
            [
                flapping.subject, "",
                "It is not told again before \(Self.flapWindow.spokenText) are over.",
            ] + closing
        send(flapping, nil, now)
    }

    /// Tells an episode, as new or as worse than it was.
    private mutating func tell(_ place: Int, _ now: Instant) {
        let notice = episodes[place].notice
        let key = episodes[place].key
        episodes[place].toldText = notice.text
        var message = message(key.kind, notice)
        if key.kind == .peer {
            let down = episodes.filter { $0.key.kind == .link && $0.stage != .quiet }.map(
                \.key.about
            )
            if !down.isEmpty {
                message.body.insert("Links down: \(down.joined(separator: ", "))", at: 1)
            }
        }
        if send(message, key, now) { episodes[place].told = notice.severity }
    }

    private mutating func tellEnd(
        _ place: Int,
        _ notice: Notice,
        _ now: Instant,
        ended: Instant
    ) {
        let episode = episodes[place]
        guard episode.told != nil else { return }
        var message = message(episode.key.kind, notice, recovers: true)
        message.group = episode.notice.group
        message.about = episode.notice.subject
        message.severity = .info
        var lines = [
            "It lasted \((ended - episode.since).spokenText).",
            "It was: \(Self.clean(episode.toldText))",
        ]
        if episode.key.kind == .peer {
            let released = releaseHeld()
            if !released.isEmpty {
                lines.append("No longer held: \(released.joined(separator: ", "))")
            }
        }
        message.body.insert(contentsOf: lines, at: message.body.count - closing.count)
        send(message, nil, now)
    }

    /// Takeovers that were held because the other node was lost are over with that; their groups' names.
    private mutating func releaseHeld() -> [String] {
        var names: [String] = []
        for place in episodes.indices
        where episodes[place].key.kind == .held && !episodes[place].key.isHealth {
            guard episodes[place].stage == .open else { continue }
            episodes[place].stage = .quiet
            names.append(episodes[place].key.about)
        }
        return names.count > 8 ? names.prefix(7) + ["and \(names.count - 7) more"] : names
    }

    /// Links that are down once the other node is back are a trouble of their own.
    private mutating func showLinks(_ now: Instant) {
        for place in episodes.indices where episodes[place].stage == .hidden {
            episodes[place].stage = .waiting(until: now + settle)
        }
    }

    private mutating func forgetOldest() {
        let place = episodes.firstIndex { $0.stage == .quiet } ?? 0
        episodes.remove(at: place)
    }

    // MARK: Time

    /// What has become due since the last call.
    private mutating func begin(_ now: Instant) {
        messages = []
        for place in episodes.indices {
            switch episodes[place].stage {
            case .waiting(let until) where until <= now:
                let isPeerLost = episodes.contains {
                    guard $0.key.kind == .peer else { return false }
                    return $0.stage != .quiet
                }
                if episodes[place].key.kind == .link, isPeerLost {
                    episodes[place].stage = .hidden
                } else {
                    episodes[place].stage = .open
                    tell(place, now)
                }
            case .closing(let until, let notice) where until <= now:
                episodes[place].stage = .quiet
                tellEnd(place, notice, now, ended: until + (.zero - settle))
                if episodes[place].key.kind == .peer { showLinks(now) }
            default: break
            }
        }
        episodes.removeAll {
            $0.stage == .quiet && ($0.flaps == 0 || now - $0.flapsSince >= Self.flapWindow)
        }
        if let due = limiter.summaryDue, due <= now { summarize(now) }
    }

    private mutating func finish() -> [Notification] {
        defer { messages = [] }
        return messages
    }

    // MARK: Messages

    /// The lines that end every message.
    private var closing: [String] { ["", "How things stand now, tells on \(node): baton status"] }

    private func message(
        _ kind: NotificationKind,
        _ notice: Notice,
        recovers: Bool = false
    ) -> Notification {
        let text = Meaning.text(notice, node)
        let subject = notice.group.map { "\($0): \(text)" } ?? text
        var body = [Self.clean(subject)]
        if let reason = notice.reason, !text.contains(reason.facts), !reason.facts.isEmpty {
            body.append("Why: \(Self.clean(reason.facts)) (\(reason.rule.rawValue))")
        }
        return Notification(
            kind: kind,
            severity: notice.severity,
            group: notice.group,
            about: notice.subject,
            subject: Self.line(subject),
            body: body + closing,
            recovers: recovers
        )
    }

    /// Sends a message, or holds it back; whether it went.
    @discardableResult
    private mutating func send(_ message: Notification, _ key: Key?, _ now: Instant) -> Bool {
        guard limiter.admits(message.severity, at: now) else {
            limiter.hold(
                NotificationLimiter.Held(
                    subject: message.subject,
                    severity: message.severity,
                    key: key
                )
            )
            return false
        }
        var message = message
        if limiter.isFull {
            message.body.append(
                "There have been many messages: others are held back for up to \(limiter.window.spokenText)."
            )
        }
        messages.append(message)
        return true
    }

    /// There is room again: one message names what was held back.
    private mutating func summarize(_ now: Instant) {
        let (named, count) = limiter.takeHeld(at: now)
        var lines = named.map { held in
            let isOver = held.key.map { key in
                !episodes.contains { $0.key == key && $0.stage != .quiet }
            }
            return "- \(held.subject)\(isOver == true ? " (over)" : "")"
        }
        if count > named.count { lines.append("- and \(count - named.count) more") }
        // From here on these are told: their end is worth a message.
        for held in named {
            guard let place = episodes.firstIndex(where: { $0.key == held.key }) else { continue }
            episodes[place].told = held.severity
        }
        let subject = count == 1 ? "1 message was held back" : "\(count) messages were held back"
        messages.append(
            Notification(
                kind: .summary,
                severity: named.map(\.severity).min() ?? .warning,
                subject: subject,
                body: [subject + ", for there were too many:"] + lines + closing
            )
        )
    }

    /// A text in one line, without control characters.
    static func clean(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                result.unicodeScalars.append(" ")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The same, cut to a subject's length.
    static func line(_ text: String) -> String {
        let clean = clean(text)
        return clean.count <= subjectLimit ? clean : clean.prefix(subjectLimit - 1) + "…"
    }
}

extension NotificationDesk.Key {
    /// As a sentence begins.
    var name: String {
        switch kind {
        case .link: "link \(about)"
        case .peer: "the other node"
        default: about
        }
    }
}
