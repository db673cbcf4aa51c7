// Reads authkeys: `auth ID` and `ID METHOD [SECRET]` lines, `#` comments. No diagnostic repeats a word
// or a line that may be a secret.

struct AuthkeysParser {
    private static let methods = AuthenticationKey.Method.allCases.map(\.rawValue)

    private(set) var list: DiagnosticList
    private var keys: [AuthenticationKey] = []
    private var keyPositions: [UInt8: Position] = [:]
    private var signing: (id: UInt8, position: Position)?

    /// Reads a file.
    ///
    /// - Returns: The keys, or nil where no key can sign.
    static func parse(_ file: ConfigurationFile) -> (AuthenticationKeys?, DiagnosticList) {
        var source = SourceText(file)
        // A line is shown only when it can hold no secret: `auth` and at most a number after it.
        source.mask = { line in
            let text = printable(line).split(separator: " ")
            guard text.first == "auth", text.count <= 2,
                text.dropFirst().allSatisfy({ $0.count <= 2 })
            else { return nil }
            return line
        }
        var parser = AuthkeysParser(list: DiagnosticList(source: source))
        let result = parser.parse(mode: file.mode)
        return (result, parser.list)
    }

    private init(list: DiagnosticList) {
        self.list = list
    }

    private mutating func parse(mode: UInt32?) -> AuthenticationKeys? {
        let source = list.source
        list.noteOddities(excludingComments: true, carriageReturnsFail: true, program: "Heartbeat")
        if let mode, mode & 0o077 != 0 {
            list.error(
                .unsafePermissions,
                at: nil,
                "others than root may read or change it (mode \(octal(mode & 0o7777)))",
                hint: "chmod 600 \(source.file), and make a new key if others have read it"
            )
        }
        for number in source.lines.indices.map({ $0 + 1 }) {
            let words = source.characters(ofLine: number).withoutComment.words()
            guard let first = words.first else { continue }
            if first.text == "auth" {
                auth(first, Array(words.dropFirst()))
            } else {
                key(words)
            }
        }
        return finish()
    }

    private func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private mutating func auth(_ word: Word, _ values: [Word]) {
        guard let value = values.first else {
            list.error(.missingValue, at: word.position, "'auth' names no key", hint: "auth ID")
            return
        }
        guard values.count == 1 else {
            list.error(
                .wrongValueCount,
                at: values[1].position,
                "'auth' takes one key id",
                hint: "auth ID"
            )
            return
        }
        guard let id = keyID(value) else { return }
        if let earlier = signing {
            list.warning(
                .givenTwice,
                at: word.position,
                "'auth' is given again; this line counts, not line \(earlier.position.line)"
            )
        } else if let first = keyPositions.values.min() {
            list.note(
                .authAfterKey,
                at: word.position,
                "'auth' stands after a key (line \(first.line)): read as meant; Heartbeat wants it first"
            )
        }
        signing = (id, value.position)
    }

    private mutating func keyID(_ word: Word) -> UInt8? {
        guard let id = UInt8(word.text), id <= 15, word.text.utf8.first != 43 else {
            list.error(.invalidValue, at: word.position, "a key id is a number from 0 to 15")
            return nil
        }
        return id
    }

    private mutating func key(_ words: [Word]) {
        guard UInt8(words[0].text) != nil else {
            list.error(
                .unknownDirective,
                at: words[0].position,
                "the line begins neither with 'auth' nor with a key id",
                hint: "auth ID, or ID METHOD SECRET"
            )
            return
        }
        guard let id = keyID(words[0]) else { return }
        if let earlier = keyPositions[id] {
            list.error(
                .givenTwice,
                at: words[0].position,
                "key \(id) is given twice (line \(earlier.line))"
            )
            return
        }
        keyPositions[id] = words[0].position
        guard words.count > 1 else {
            list.error(
                .missingValue,
                at: words[0].position,
                "key \(id) has no method",
                hint: "\(id) sha256 SECRET"
            )
            return
        }
        guard let method = AuthenticationKey.Method(rawValue: words[1].text) else {
            list.error(
                .unknownMethod,
                at: words[1].position,
                "key \(id) has an unknown method: it is one of "
                    + AuthkeysParser.methods.joined(separator: ", "),
                hint: nearestWordHint(to: words[1].text, among: AuthkeysParser.methods)
            )
            return
        }
        secret(id, method, Array(words.dropFirst(2)), at: words[1])
    }

    private mutating func secret(
        _ id: UInt8,
        _ method: AuthenticationKey.Method,
        _ words: [Word],
        at methodWord: Word
    ) {
        let expected = method == .crc ? 0 : 1
        guard words.count >= expected else {
            list.error(
                .missingValue,
                at: methodWord.position,
                "key \(id) (\(method.rawValue)) has no secret",
                hint: "`baton keygen` writes a file with a new one"
            )
            return
        }
        guard words.count == expected else {
            list.error(
                .wrongValueCount,
                at: words[expected].position,
                method == .crc
                    ? "'crc' takes no secret"
                    : "a secret has no blanks: more words follow key \(id)"
            )
            return
        }
        let bytes = words.first.map { RawByte.bytes(of: $0.text) } ?? []
        keys.append(AuthenticationKey(id: id, method: method, secret: bytes))
        if bytes.starts(with: "example-".utf8) {
            list.warning(
                .weakKey,
                at: words[0].position,
                "key \(id) is the published example: everybody has it",
                hint: "`baton keygen` makes a new one"
            )
        }
        if method != .crc, bytes.count < 16 {
            list.warning(
                .weakKey,
                at: words[0].position,
                "the secret of key \(id) has fewer than 16 characters and can be guessed",
                hint: "`baton keygen` makes one of 64"
            )
        }
    }

    private mutating func finish() -> AuthenticationKeys? {
        guard let signing else {
            if list.kept.allSatisfy({ $0.severity != .error }) {
                list.error(
                    .missingDirective,
                    at: nil,
                    "no 'auth' line says which key signs",
                    hint: keys.first.map { "auth \($0.id)" } ?? "`baton keygen` writes a whole file"
                )
            }
            return nil
        }
        guard let key = keys.first(where: { $0.id == signing.id }) else {
            if keyPositions[signing.id] == nil {
                list.error(
                    .unknownKey,
                    at: signing.position,
                    "there is no key \(signing.id) in the file"
                )
            }
            return nil
        }
        switch key.method {
        case .sha256: break
        case .crc:
            list.warning(
                .weakKey,
                at: signing.position,
                "beats are signed with crc: anybody on the wire can send them",
                hint: "`baton keygen` makes a sha256 key"
            )
        case .md5, .sha1:
            list.warning(
                .weakKey,
                at: signing.position,
                "beats are signed with \(key.method.rawValue), which is read for migration",
                hint: "`baton keygen` makes a sha256 key; add it on both nodes, then change auth"
            )
        }
        return AuthenticationKeys(signingID: signing.id, keys: keys.sorted { $0.id < $1.id })
    }
}
