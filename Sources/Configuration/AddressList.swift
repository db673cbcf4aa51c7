// A file that lists the addresses of a group, as GreenArrow's /etc/hvmail_primary_ips does: one address in CIDR form a
// line. Who opens the file is the caller's; which resource uses it is `HaresourcesParser`.

internal import Failover

/// What the argument words of `iplist` say.
public struct AddressListArguments: Equatable, Sendable {
    /// The file, an absolute path.
    public var path: String
    /// The device of all its addresses; nil: of each the one that its route uses.
    public var device: String?
    /// The program that is run when an edited list was put in force.
    public var hook: String?

    /// Why words are none.
    struct Mistake: Error, Equatable {
        var text: String
    }

    /// Reads the words behind `iplist::`; there is one at least.
    init(_ words: [String]) throws(Mistake) {
        guard let first = words.first, first.hasPrefix("/"), !first.hasSuffix("/") else {
            throw Mistake(text: "\(quoted(words.first ?? "")) is no absolute path of a file")
        }
        path = first
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1]) : ""
            switch parts[0] {
            case "dev" where device == nil:
                guard isDeviceName(value) else {
                    throw Mistake(text: "\(quoted(value)) is no device name")
                }
                device = value
            case "hook" where hook == nil:
                guard value.hasPrefix("/"), !value.hasSuffix("/") else {
                    throw Mistake(text: "\(quoted(value)) is no absolute path of a program")
                }
                hook = value
            default:
                throw Mistake(text: "\(quoted(word)) is not known here, or stands there twice")
            }
        }
    }
}

/// Reads lists of addresses.
public enum AddressList {
    /// The type's name in haresources.
    public static let type = "iplist"
    /// More addresses than anybody moves in one group.
    static let maximum = 10_000

    /// The files that a haresources names, each once, in the order of the file.
    ///
    /// - Parameter haresources: the file; its mistakes are told by whoever reads it for its meaning.
    /// - Returns: absolute paths.
    public static func paths(in haresources: ConfigurationFile) -> [String] {
        var paths: [String] = []
        for resource in HaresourcesParser.resources(in: haresources)
        where resource.type == type {
            guard let path = try? AddressListArguments(resource.arguments).path,
                !paths.contains(path)
            else { continue }
            paths.append(path)
        }
        return paths
    }

    /// Reads a list: `ADDRESS/PREFIX` a line, `#` begins a comment.
    ///
    /// - Returns: the addresses in the order of the file, each once, with the device; and what is wrong or odd.
    static func parse(
        _ file: ConfigurationFile,
        device: String?
    ) -> ([AddressSpecification], DiagnosticList) {
        var list = DiagnosticList(source: SourceText(file))
        list.noteOddities(excludingComments: true, carriageReturnsFail: false, program: "ip")
        var found: [AddressSpecification] = []
        var lines: [IPAddress: Int] = [:]
        for number in list.source.lines.indices.map({ $0 + 1 }) {
            let words = list.source.characters(ofLine: number).withoutComment.words()
            guard let word = words.first else { continue }
            if words.count > 1 {
                list.error(
                    .wrongValueCount,
                    at: words[1].position,
                    "one address stands on a line",
                    hint: "the device is named in haresources: iplist::\(file.name)::dev=eth0"
                )
                continue
            }
            guard found.count < maximum else {
                list.error(.tooMany, at: word.position, "more than \(maximum) addresses")
                break
            }
            guard word.parts.count <= 2 else {
                list.error(
                    .wrongValueCount,
                    at: word.position,
                    "\(quoted(word.text)) is no ADDRESS/PREFIX",
                    hint: "1.2.3.4/24"
                )
                continue
            }
            var parser = AddressParser(
                grammar: "ADDRESS/PREFIX",
                device: device,
                argument: word,
                list: list
            )
            let specification = parser.parse()
            list = parser.list
            guard let specification else { continue }
            if let earlier = lines[specification.address] {
                list.warning(
                    .givenTwice,
                    at: word.position,
                    "\(specification.address) stands there twice: here and on line \(earlier)"
                )
                continue
            }
            lines[specification.address] = number
            found.append(specification)
        }
        if found.isEmpty, list.kept.allSatisfy({ $0.severity != .error }) {
            list.error(
                .missingValue,
                at: nil,
                "the list is empty: its group would have no address",
                hint: "an address a line: 1.2.3.4/24"
            )
        }
        return (found, list)
    }
}

/// What differs between two lists of addresses.
public struct AddressListChange: Equatable, Sendable {
    /// What the second has and the first lacks, as the file writes it, in its order.
    public var added: [String]
    /// What the first has and the second lacks.
    public var removed: [String]

    /// Compares two files; what cannot be read in either is left out.
    public init(from old: ConfigurationFile, to new: ConfigurationFile) {
        self.init(
            from: AddressList.parse(old, device: nil).0,
            to: AddressList.parse(new, device: nil).0
        )
    }

    /// Compares what two files hold.
    public init(from old: [AddressSpecification], to new: [AddressSpecification]) {
        let (before, after) = (old.map(\.listed), new.map(\.listed))
        let (had, has) = (Set(before), Set(after))
        added = after.filter { !had.contains($0) }
        removed = before.filter { !has.contains($0) }
    }

    /// Whether both hold the same.
    public var isEmpty: Bool { added.isEmpty && removed.isEmpty }

    /// The input of the program that is run after a change: a line each.
    public var lines: String {
        removed.map { "-\($0)\n" }.joined() + added.map { "+\($0)\n" }.joined()
    }

    /// `has 10.0.0.1/24 and 3 more, lacks 10.0.0.9/24`: at most five named of each.
    public func words(added verb: String, removed otherVerb: String) -> String {
        [(verb, added), (otherVerb, removed)].compactMap { verb, addresses in
            guard !addresses.isEmpty else { return nil }
            let rest = addresses.count > 5 ? " and \(addresses.count - 5) more" : ""
            return "\(verb) \(addresses.prefix(5).joined(separator: ", "))\(rest)"
        }.joined(separator: "; ")
    }
}

extension AddressSpecification {
    /// As a list writes it.
    var listed: String { "\(address)" + (prefixLength.map { "/\($0)" } ?? "") }
}
