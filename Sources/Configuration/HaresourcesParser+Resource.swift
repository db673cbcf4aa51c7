// One word of haresources as a resource: type, arguments, and for address types the address.

internal import Failover

extension HaresourcesParser {
    private static let table = Directive.table(.haresources)
    private static let types = table.keys.sorted()

    /// Reads a word; nil after an error.
    mutating func resource(_ word: Word) -> Resource? {
        checkCharacters(word)
        if isBareAddress(word.text) {
            return address(type: "IPaddr", argument: word, word)
        }
        let (typeCount, argumentStart) = split(word)
        let type = Array(word.characters.prefix(typeCount)).text
        guard checkType(type, word) else { return nil }
        let argument = Array(word.characters.dropFirst(argumentStart))
        if Directive.addressTypes.contains(type) {
            guard !argument.isEmpty else {
                list.error(
                    .missingValue,
                    at: word.position,
                    "'\(type)' has no address",
                    hint: HaresourcesParser.table[type]?.grammar
                )
                return nil
            }
            return address(type: type, argument: Word(characters: argument), word)
        }
        let (arguments, hasEmpty) = arguments(argument)
        if hasEmpty {
            list.warning(
                .emptyArgument,
                at: word.position,
                "\(quoted(word.text)) has an empty argument, which is left out, as by Heartbeat"
            )
        }
        guard checkCount(type, arguments, word), checkParameters(type, arguments, word) else {
            return nil
        }
        if type == AddressList.type { return addressList(arguments, word) }
        if type == "postgres" {
            do throws(PostgresArguments.Mistake) {
                _ = try PostgresArguments(arguments)
            } catch {
                list.error(
                    .invalidValue,
                    at: word.position,
                    error.text,
                    hint: HaresourcesParser.table[type]?.grammar
                )
                return nil
            }
        }
        return Resource(
            type: type,
            arguments: arguments,
            text: ([type] + arguments).joined(separator: "::"),
            addresses: nil,
            isStateless: stateless.contains(type)
        )
    }

    /// Characters of the type and characters before the first argument.
    private func split(_ word: Word) -> (type: Int, argument: Int) {
        let characters = word.characters
        for index in characters.indices.dropLast()
        where characters[index].scalar == ":" && characters[index + 1].scalar == ":" {
            return (index, index + 2)
        }
        return (characters.count, characters.count)
    }

    /// The arguments between `::`, without empty ones.
    private func arguments(_ characters: [SourceCharacter]) -> ([String], hasEmpty: Bool) {
        guard !characters.isEmpty else { return ([], false) }
        var pieces: [[SourceCharacter]] = [[]]
        var index = 0
        while index < characters.count {
            if characters[index].scalar == ":", index + 1 < characters.count,
                characters[index + 1].scalar == ":"
            {
                pieces.append([])
                index += 2
            } else {
                pieces[pieces.count - 1].append(characters[index])
                index += 1
            }
        }
        return (pieces.map(\.text).filter { !$0.isEmpty }, pieces.contains { $0.isEmpty })
    }

    /// Whether a word is an address without a type.
    ///
    /// IPv4: the shape Heartbeat looks for, three dots between digits. IPv6 is ours: the text before the
    /// first slash is an address and cannot be `TYPE::ARGUMENT`, because it has a single colon, a
    /// first part of four digits, or a prefix.
    private func isBareAddress(_ text: String) -> Bool {
        let address = text.prefix { $0 != "/" }
        let quad = address.split(separator: ".", omittingEmptySubsequences: false)
        if quad.count == 4, quad.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } }) {
            return true
        }
        guard let value = IPAddress(address), !value.isIPv4 else { return false }
        guard !address.hasPrefix("::") else { return true }
        let first = address.prefix { $0 != ":" }
        let hasSingleColon = address.split(separator: ":", omittingEmptySubsequences: false)
            .dropFirst()
            .dropLast().contains { !$0.isEmpty }
        return hasSingleColon || first.count == 4 || address.count < text.count
    }

    private mutating func address(type: String, argument: Word, _ word: Word) -> Resource? {
        var parser = AddressParser(type: type, argument: argument, list: list)
        let specification = parser.parse()
        list = parser.list
        guard let specification else { return nil }
        if type == "IPv6addr", specification.address.isIPv4 {
            list.error(
                .invalidAddress,
                at: argument.position,
                "'IPv6addr' takes an IPv6 address",
                hint: "IPaddr2 takes both"
            )
            return nil
        }
        return Resource(
            type: type,
            arguments: [argument.text],
            text: word.text,
            addresses: [specification],
            isStateless: true
        )
    }

    /// A list with what its file holds; nil after an error.
    private mutating func addressList(_ arguments: [String], _ word: Word) -> Resource? {
        let given: AddressListArguments
        do throws(AddressListArguments.Mistake) {
            given = try AddressListArguments(arguments)
        } catch {
            list.error(
                .invalidValue,
                at: word.position,
                error.text,
                hint: HaresourcesParser.table[AddressList.type]?.grammar
            )
            return nil
        }
        var addresses: [AddressSpecification] = []
        if let lists {
            guard let file = lists.first(where: { $0.name == given.path }) else {
                list.error(
                    .missingFile,
                    at: word.position,
                    "there is no file \(quoted(given.path)), or it cannot be read",
                    hint: "an address a line: 1.2.3.4/24"
                )
                return nil
            }
            let (found, notes) = AddressList.parse(file, device: given.device)
            addresses = found
            if !usedLists.contains(where: { $0.source.file == file.name }) {
                usedLists.append(notes)
            }
        }
        return Resource(
            type: AddressList.type,
            arguments: arguments,
            text: ([AddressList.type] + arguments).joined(separator: "::"),
            addresses: addresses,
            list: given,
            isStateless: true
        )
    }

    private mutating func checkCharacters(_ word: Word) {
        if let quote = word.characters.first(where: { $0.scalar == "\"" || $0.scalar == "'" }) {
            list.warning(
                .quoting,
                at: quote.position,
                "haresources has no quoting: the quote is part of \(quoted(word.text))"
            )
        }
        if let comma = word.characters.last, comma.scalar == "," {
            list.warning(
                .quoting,
                at: comma.position,
                "haresources has no commas: it is part of \(quoted(word.text))",
                hint: "separate resources by blanks"
            )
        }
    }

    /// Letters, digits and `._+@-`; `ocf:provider:Name` with two colons.
    private mutating func checkType(_ type: String, _ word: Word) -> Bool {
        let known = HaresourcesParser.types
        let isWord = { (text: Substring) in
            !text.isEmpty && text.first != "-" && text != "." && text != ".."
                && text.utf8.allSatisfy { byte in
                    (48...57).contains(byte) || (65...90).contains(byte)
                        || (97...122).contains(byte)
                        || [43, 45, 46, 64, 95].contains(byte)
                }
        }
        let parts = type.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 1, isWord(parts[0]) {
            // A near miss of a type with a meaning of its own would be looked up as a script in vain.
            if !known.contains(type), let near = nearestType(type, known) {
                list.warning(
                    .nearResourceType,
                    at: word.position,
                    "\(quoted(type)) is no type known here and is looked up as a script, unit or agent",
                    hint: "did you mean '\(near)'?"
                )
            }
            return true
        }
        if parts.count == 3, parts[0] == "ocf", isWord(parts[1]), isWord(parts[2]) { return true }
        let colon = word.characters.firstIndex { $0.scalar == ":" }
        list.error(
            .invalidName,
            at: parts.count > 1 ? word.position(at: colon ?? 0) : word.position,
            "\(quoted(type)) is no resource type",
            hint: parts.count == 2
                ? "did you mean '\(printable(parts[0].unicodeScalars))::\(printable(parts[1].unicodeScalars))'?"
                : nearestWordHint(to: type, among: known)
        )
        return false
    }

    /// A known type that differs by case, or a long one that is nearly the same; `mon2` is not `mon`.
    private func nearestType(_ type: String, _ known: [String]) -> String? {
        known.first { $0.lowercased() == type.lowercased() }
            ?? nearestWord(to: type, among: known.filter { $0.count >= 6 })
    }

    /// An agent's arguments are its parameters.
    private mutating func checkParameters(
        _ type: String,
        _ arguments: [String],
        _ word: Word
    ) -> Bool {
        guard OCFAgent(type: type) != nil,
            let wrong = arguments.first(where: { !OCFAgent.isParameter($0) })
        else { return true }
        list.error(
            .invalidName,
            at: word.position,
            "\(quoted(wrong)) is no parameter of an agent",
            hint: "\(type)::PARAMETER=VALUE, each behind two colons"
        )
        return false
    }

    private mutating func checkCount(_ type: String, _ arguments: [String], _ word: Word) -> Bool {
        guard let row = HaresourcesParser.table[type], case .words(let counts) = row.form,
            !counts.contains(arguments.count)
        else { return true }
        list.error(
            .wrongValueCount,
            at: word.position,
            "'\(type)' has \(arguments.count) argument\(arguments.count == 1 ? "" : "s")",
            hint: row.grammar
        )
        return false
    }
}
