// Reads what a service depends on: `SELF:ping && !(lan:router or lan:other)`. The precedence is Perl's:
// `!`, `&&`, `||`, then `not`, `and`, `or`. What the expression says is the room `Monitoring`'s business.

internal import Monitoring

struct DependencyParser {
    private var tokens: [Token] = []
    private var index = 0
    private let end: Position
    private let ownGroup: String

    /// What is wrong, and where.
    struct Problem: Error {
        var position: Position
        var message: String
        var hint: String?
    }

    /// A service named in an expression, and where.
    struct Mention {
        var name: ServiceName
        var position: Position
    }

    private enum Kind: Equatable {
        case service(ServiceName)
        case constant(Bool)
        case sign(String)
    }

    private struct Token {
        var kind: Kind
        var position: Position
    }

    /// The deepest nesting of parentheses and negations.
    static let depthMaximum = 32

    /// Reads an expression that is not empty; `SELF` stands for `ownGroup`.
    static func parse(
        _ characters: LogicalLine,
        ownGroup: String,
        at start: Position
    ) throws(Problem) -> (DependencyExpression, [Mention]) {
        var parser = DependencyParser(
            end: characters.last?.position ?? start,
            ownGroup: ownGroup
        )
        parser.tokens = try parser.split(characters)
        let expression = try parser.either("or", "and", depth: 0)
        if let token = parser.current {
            throw Problem(
                position: token.position,
                message: "the expression ends before this",
                hint: "&& or || between two services"
            )
        }
        let mentions = parser.tokens.compactMap { token in
            if case .service(let name) = token.kind {
                Mention(name: name, position: token.position)
            } else {
                nil
            }
        }
        return (expression, mentions)
    }

    private init(end: Position, ownGroup: String) {
        self.end = end
        self.ownGroup = ownGroup
    }

    // MARK: Words

    private func split(_ line: LogicalLine) throws(Problem) -> [Token] {
        var tokens: [Token] = []
        var index = 0
        while index < line.count {
            let character = line[index]
            if isBlank(character.scalar) {
                index += 1
                continue
            }
            if let sign = sign(line, index) {
                tokens.append(Token(kind: .sign(sign), position: character.position))
                index += sign.utf8.count
                continue
            }
            let word = line[index...].prefix { isWordScalar($0.scalar) }
            guard !word.isEmpty else {
                throw Problem(
                    position: character.position,
                    message: "\(quoted(Array(line[index...index]).text)) has no meaning here",
                    hint: DependencyParser.grammar
                )
            }
            tokens.append(Token(kind: try kind(Array(word)), position: character.position))
            index += word.count
        }
        return tokens
    }

    private func sign(_ line: LogicalLine, _ index: Int) -> String? {
        let next = index + 1 < line.count ? line[index + 1].scalar : " "
        return switch (line[index].scalar, next) {
        case ("&", "&"): "&&"
        case ("|", "|"): "||"
        case ("!", _): "!"
        case ("(", _): "("
        case (")", _): ")"
        default: nil
        }
    }

    private func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
            || scalar == "_" || scalar == "." || scalar == "-" || scalar == ":"
    }

    private func kind(_ word: LogicalLine) throws(Problem) -> Kind {
        let text = word.text
        switch text {
        case "and", "or", "not": return .sign(text)
        case "1": return .constant(true)
        case "0": return .constant(false)
        default: break
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw Problem(
                position: word.first?.position ?? end,
                message: "\(quoted(text)) is no service",
                hint: "GROUP:SERVICE, or SELF:SERVICE for the own group"
            )
        }
        let group = parts[0] == "SELF" ? ownGroup : parts[0]
        return .service(ServiceName(group: group, service: parts[1]))
    }

    // MARK: Grammar

    private static let grammar = "GROUP:SERVICE with && || ! and parentheses"

    private var current: Token? { index < tokens.count ? tokens[index] : nil }

    private mutating func take(_ sign: String) -> Bool {
        guard current?.kind == .sign(sign) else { return false }
        index += 1
        return true
    }

    /// Parts with `any` between them: `or` of Perl's loose operators, `||` of the tight ones.
    private mutating func either(
        _ any: String,
        _ all: String,
        depth: Int
    ) throws(Problem) -> DependencyExpression {
        var parts: [DependencyExpression] = []
        repeat {
            parts.append(try both(all, depth: depth))
        } while take(any)
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func both(_ all: String, depth: Int) throws(Problem) -> DependencyExpression {
        var parts: [DependencyExpression] = []
        repeat {
            parts.append(all == "and" ? try loose(depth: depth) : try tight(depth: depth))
        } while take(all)
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    /// What stands between `and` and `or`.
    private mutating func loose(depth: Int) throws(Problem) -> DependencyExpression {
        try check(depth)
        if take("not") { return .not(try loose(depth: depth + 1)) }
        return try either("||", "&&", depth: depth)
    }

    /// What stands between `&&` and `||`.
    private mutating func tight(depth: Int) throws(Problem) -> DependencyExpression {
        try check(depth)
        if take("!") { return .not(try tight(depth: depth + 1)) }
        let place = current?.position ?? end
        if take("(") {
            let inner = try either("or", "and", depth: depth + 1)
            guard take(")") else {
                throw Problem(position: place, message: "the parenthesis is not closed", hint: nil)
            }
            return inner
        }
        guard let token = current else {
            throw Problem(
                position: end,
                message: "a service is expected at the end",
                hint: DependencyParser.grammar
            )
        }
        index += 1
        switch token.kind {
        case .service(let name): return .service(name)
        case .constant(let value): return .constant(value)
        case .sign(let sign):
            throw Problem(
                position: token.position,
                message: "a service is expected before \(quoted(sign))",
                hint: DependencyParser.grammar
            )
        }
    }

    private func check(_ depth: Int) throws(Problem) {
        guard depth > DependencyParser.depthMaximum else { return }
        throw Problem(
            position: current?.position ?? end,
            message: "the expression is nested too deeply",
            hint: nil
        )
    }
}
