// The values of mon.cf's lines: forms, times, and words after shell-like quoting.

internal import Monitoring

extension MonCfParser {
    /// Checks the words after a name by the row's form; nil after an error.
    mutating func checked(
        _ row: Directive,
        _ name: Word,
        _ value: LogicalLine
    ) -> LogicalLine? {
        let count = value.words().count
        if case .words(let counts) = row.form {
            guard counts.contains(count) else {
                list.error(
                    count < counts.lowerBound ? .missingValue : .wrongValueCount,
                    at: name.position,
                    count < counts.lowerBound
                        ? "'\(row.name)' has no value" : "'\(row.name)' has too many values",
                    hint: row.grammar
                )
                return nil
            }
            return value
        }
        guard count > 0 else {
            list.error(
                .missingValue,
                at: name.position,
                "'\(row.name)' has no value",
                hint: row.grammar
            )
            return nil
        }
        return check(row, value) ? value : nil
    }

    /// Checks a value by its row's form.
    mutating func check(_ row: Directive, _ value: LogicalLine) -> Bool {
        guard let first = value.first else { return false }
        switch row.form {
        case .monTime:
            return time(value) != nil
        case .monTimeOrZero:
            return time(value, allowsZero: true) != nil
        case .integer(let range):
            if let number = Int(value.text), range.contains(number) { return true }
            list.error(
                .invalidValue,
                at: first.position,
                "\(quoted(value.text)) is no value of '\(row.name)': it takes "
                    + "a number from \(range.lowerBound) to \(range.upperBound)"
            )
            return false
        case .boolean:
            if HaCfParser.boolean(value.text) != nil { return true }
            list.error(
                .invalidValue,
                at: first.position,
                "\(quoted(value.text)) is no value of '\(row.name)': it takes yes or no"
            )
            return false
        case .choice(let words):
            if words.contains(value.text.lowercased()) { return true }
            list.error(
                .invalidValue,
                at: first.position,
                "\(quoted(value.text)) is no value of '\(row.name)': it takes "
                    + words.joined(separator: ", ")
            )
            return false
        case .time, .timeOrOff, .list, .word, .words:
            return true
        }
    }

    /// mon's time, or an error.
    mutating func time(_ value: LogicalLine, allowsZero: Bool = false) -> Duration? {
        guard let first = value.first else { return nil }
        // Zero needs no unit to be wrong.
        let text = value.text
        do {
            let time = try DurationText.parse(
                text == "0" ? "0s" : text,
                units: DurationText.monUnits
            )
            guard time > .zero || allowsZero, time <= .seconds(100 * 366 * 86_400) else {
                list.error(
                    .outOfRange,
                    at: first.position,
                    "\(quoted(text)) is out of range: \(allowsZero ? "at most 100 years" : "above zero")",
                    hint: allowsZero ? nil : "a number with s, m, h or d, such as 10s"
                )
                return nil
            }
            return time
        } catch {
            list.error(
                .invalidTime,
                at: first.position,
                error == .missingUnit
                    ? "\(quoted(text)) has no unit" : "\(quoted(text)) is no time",
                hint: error == .missingUnit
                    ? "\(printable(text.unicodeScalars))s for seconds"
                    : "a number with s, m, h or d"
            )
            return nil
        }
    }

    /// A program and its arguments; nil after an error or when empty.
    mutating func command(_ value: LogicalLine) -> MonitoredService.Command? {
        guard let words = shellWords(value), let program = words.first else {
            if let quote = value.first(where: { $0.scalar == "\"" || $0.scalar == "'" }) {
                list.error(.quoting, at: quote.position, "the quote is not closed")
            }
            return nil
        }
        return MonitoredService.Command(
            program: program.text,
            arguments: words.dropFirst().map(\.text)
        )
    }

    /// Splits like a shell: blanks, single and double quotes, backslash.
    ///
    /// Nil: a quote is not closed.
    func shellWords(_ value: LogicalLine) -> [ShellWord]? {
        var words: [ShellWord] = []
        var current: ShellWord?
        var quote: Unicode.Scalar?
        var index = 0
        while index < value.count {
            let character = value[index]
            index += 1
            if quote == nil, isBlank(character.scalar) {
                if let word = current { words.append(word) }
                current = nil
                continue
            }
            var word = current ?? ShellWord(text: "", position: character.position)
            if character.scalar == quote {
                quote = nil
            } else if quote == nil, character.scalar == "\"" || character.scalar == "'" {
                quote = character.scalar
            } else if character.scalar == "\\", quote != "'", index < value.count {
                word.text.unicodeScalars.append(value[index].scalar)
                index += 1
            } else {
                word.text.unicodeScalars.append(character.scalar)
            }
            current = word
        }
        if let word = current { words.append(word) }
        return quote == nil ? words : nil
    }
}
