// The lines `notify`, `notify_state` and `notify_rate` of ha.cf: who is told of what happens, and how often; and
// `track_interface` and `track_script`: what is asked. What is worth a message is decided by the core's room
// (`NotificationDesk`).

internal import Failover

extension HaCfParser {
    /// As many lines as an administrator may need, and few enough that all of them are told in time.
    static let notifyMaximum = 16
    /// Addresses of one line.
    private static let addressLimit = 254

    /// `notify exec PROGRAM [ARGUMENT...]` or `notify mail ADDRESS...`; there are two words at least.
    mutating func notify(_ words: [Word]) {
        let target: NotificationTarget?
        switch words[0].text {
        case "exec": target = program(words[1], words.dropFirst(2))
        case "mail": target = addresses(words.dropFirst())
        default:
            list.error(
                .invalidValue,
                at: words[0].position,
                "\(quoted(words[0].text)) is no way to tell: exec or mail",
                hint: nearestWordHint(to: words[0].text, among: ["exec", "mail"])
                    ?? "notify mail root"
            )
            return
        }
        guard let target,
            list.hasRoom(
                after: result.notifications.count,
                maximum: Self.notifyMaximum,
                of: "notify lines",
                at: words[0].position
            )
        else { return }
        guard !result.notifications.contains(target) else {
            list.warning(.givenTwice, at: words[0].position, "the same 'notify' is given again")
            return
        }
        result.notifications.append(target)
    }

    /// `notify_state PROGRAM [ARGUMENT...]`; there is one word at least.
    mutating func notifyState(_ words: [Word]) {
        guard let line = programLine(words[...], "notify_state"),
            list.hasRoom(
                after: result.stateHooks.count,
                maximum: Self.notifyMaximum,
                of: "notify_state lines",
                at: words[0].position
            )
        else { return }
        guard !result.stateHooks.contains(line) else {
            list.warning(
                .givenTwice,
                at: words[0].position,
                "the same 'notify_state' is given again"
            )
            return
        }
        result.stateHooks.append(line)
    }

    /// One device of `track_interface`.
    mutating func trackInterface(_ word: Word) {
        guard isDeviceName(word.text) else {
            list.error(
                .invalidName,
                at: word.position,
                "\(quoted(word.text)) is no device name"
            )
            return
        }
        guard
            list.hasRoom(
                after: result.trackedDevices.count,
                maximum: 64,
                of: "tracked interfaces",
                at: word.position
            ), !result.trackedDevices.contains(word.text)
        else { return }
        result.trackedDevices.append(word.text)
    }

    /// `track_script INTERVAL PROGRAM [ARGUMENT...]`; there are two words at least.
    mutating func trackScript(_ row: Directive, _ words: [Word]) {
        guard let interval = time(row, words[0], in: .seconds(1)...(.seconds(3600))),
            let line = programLine(words.dropFirst(), "track_script 5"),
            list.hasRoom(
                after: result.trackedScripts.count,
                maximum: Self.notifyMaximum,
                of: "tracked scripts",
                at: words[0].position
            )
        else { return }
        guard !result.trackedScripts.contains(where: { $0.line == line }) else {
            list.warning(
                .givenTwice,
                at: words[1].position,
                "the same 'track_script' is given again"
            )
            return
        }
        result.trackedScripts.append(TrackedScript(line: line, interval: interval))
    }

    private mutating func program(
        _ word: Word,
        _ arguments: ArraySlice<Word>
    ) -> NotificationTarget? {
        programLine([word] + arguments, "notify exec").map {
            .exec(program: $0.program, arguments: $0.arguments)
        }
    }

    /// A program and its arguments; nil after an error.
    private mutating func programLine(_ words: ArraySlice<Word>, _ example: String) -> ProgramLine?
    {
        guard let word = words.first else { return nil }
        guard word.text.hasPrefix("/"), !word.text.hasSuffix("/") else {
            let name = word.text.split(separator: "/").last ?? "tell"
            list.error(
                .invalidValue,
                at: word.position,
                "\(quoted(word.text)) is no absolute path of a program",
                hint: "\(example) /usr/local/sbin/\(name)"
            )
            return nil
        }
        return ProgramLine(program: word.text, arguments: words.dropFirst().map(\.text))
    }

    private mutating func addresses(_ words: ArraySlice<Word>) -> NotificationTarget? {
        var found: [String] = []
        for word in words {
            if let fault = Self.addressFault(word.text) {
                list.error(
                    .invalidAddress,
                    at: word.position,
                    "\(quoted(word.text)) is no mail address: \(fault)",
                    hint: word.text.contains(",")
                        ? "blanks stand between addresses" : "USER@HOST, or a user of this machine"
                )
            } else if found.contains(word.text) {
                list.warning(
                    .givenTwice,
                    at: word.position,
                    "address '\(word.text)' is named twice"
                )
            } else {
                found.append(word.text)
            }
        }
        return found.isEmpty ? nil : .mail(addresses: found)
    }

    /// What keeps a text from being an address; `nil` for an address or a local user.
    ///
    /// RFC 5321's atoms without quoting, and no word that sendmail could take for an option or a list.
    private static func addressFault(_ text: String) -> String? {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        if text.utf8.count > addressLimit { return "longer than \(addressLimit) bytes" }
        if text.contains(",") { return "it has a comma" }
        if parts.count > 2 { return "more than one @" }
        if text.hasPrefix("-") { return "it begins with -" }
        let user = parts[0]
        if user.isEmpty { return "no user stands before the @" }
        let extra = "!$%&'*+-/=?^_`{|}~."
        guard user.unicodeScalars.allSatisfy({ isPlain($0) || extra.unicodeScalars.contains($0) })
        else { return "it has other characters than letters, digits and \(extra)" }
        guard parts.count == 2 else { return nil }
        guard !parts[1].isEmpty, !parts[1].hasPrefix("."), !parts[1].hasPrefix("-"),
            parts[1].unicodeScalars.allSatisfy({ isPlain($0) || $0 == "." || $0 == "-" })
        else { return "what stands behind the @ is no host" }
        return nil
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            || ("0"..."9").contains(scalar)
    }

    /// `COUNT/TIME`.
    mutating func notificationRate(_ row: Directive, _ word: Word) {
        let parts = word.characters.split(maxSplits: 1) { $0.scalar == "/" }
        guard parts.count == 2, let count = Int(Word(characters: Array(parts[0])).text) else {
            list.error(
                .invalidValue,
                at: word.position,
                "\(quoted(word.text)) is no value of '\(row.name)': it takes COUNT/TIME",
                hint: "notify_rate 20/1h"
            )
            return
        }
        guard (1...1000).contains(count) else {
            list.error(
                .outOfRange,
                at: word.position,
                "\(quoted(word.text)) is out of range: '\(row.name)' takes 1 to 1000 messages",
                hint: "to be told nothing, leave 'notify' out"
            )
            return
        }
        guard
            let window = time(
                row,
                Word(characters: Array(parts[1])),
                in: .seconds(60)...Directive.timeMaximum
            )
        else { return }
        if let earlier = result.positions[row.name] {
            list.warning(
                .givenTwice,
                at: word.position,
                "'\(row.name)' is given again; this line counts, not line \(earlier.line)"
            )
        }
        result.notificationRate = NotificationRate(count: count, window: window)
    }
}
