// Words of a line with the place of each character, also of a line joined from several. What a word
// means is the parsers' business.

/// A character and where it stands.
struct SourceCharacter: Equatable, Sendable {
    var scalar: Unicode.Scalar
    var position: Position
}

/// Characters without a separator between them.
struct Word: Equatable, Sendable {
    /// Never empty.
    var characters: [SourceCharacter]

    var text: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: characters.lazy.map(\.scalar))
        return String(view)
    }

    /// Where it begins.
    var position: Position {
        characters.first?.position ?? Position(line: 1, offset: 0)
    }

    /// Where the character at an offset stands; the last one's place beyond the end.
    func position(at offset: Int) -> Position {
        guard characters.indices.contains(offset) else {
            return characters.last?.position ?? position
        }
        return characters[offset].position
    }
}

/// A line as its parser sees it: comment gone, continuations joined.
typealias LogicalLine = [SourceCharacter]

extension SourceText {
    /// A physical line with positions, its no-break spaces as plain blanks.
    func characters(ofLine number: Int) -> LogicalLine {
        lines[number - 1].enumerated().map { offset, scalar in
            SourceCharacter(
                scalar: isNoBreakSpace(scalar) ? " " : scalar,
                position: Position(line: number, offset: offset)
            )
        }
    }
}

extension [SourceCharacter] {
    /// The line up to the first `#`.
    var withoutComment: LogicalLine {
        Array(prefix { $0.scalar != "#" })
    }

    /// The line without blanks at both ends.
    var trimmed: LogicalLine {
        guard let first = firstIndex(where: { !isBlank($0.scalar) }),
            let last = lastIndex(where: { !isBlank($0.scalar) })
        else { return [] }
        return Array(self[first...last])
    }

    /// Words between blanks, and between commas where these separate too.
    func words(separatedByCommas: Bool = false) -> [Word] {
        split { isBlank($0.scalar) || (separatedByCommas && $0.scalar == ",") }
            .map { Word(characters: Array($0)) }
    }

    var text: String { isEmpty ? "" : Word(characters: self).text }
}
