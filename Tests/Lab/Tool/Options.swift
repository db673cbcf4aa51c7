// The tool's arguments: `--name value` pairs, then words. Small on purpose; the administrator's
// command has the real parser.

struct Options {
    private var values: [String: [String]] = [:]
    private(set) var words: [String] = []

    init(_ arguments: [String], flags: Set<String> = []) throws(LabFailure) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                words.append(word)
                continue
            }
            let name = String(word.dropFirst(2))
            if flags.contains(name) {
                values[name, default: []].append("")
            } else if let value = rest.popFirst() {
                values[name, default: []].append(value)
            } else {
                throw LabFailure(text: "--\(name) wants a value", isUsage: true)
            }
        }
    }

    func has(_ name: String) -> Bool { values[name] != nil }
    func text(_ name: String) -> String? { values[name]?.last }
    func all(_ name: String) -> [String] { values[name] ?? [] }

    func required(_ name: String) throws(LabFailure) -> String {
        guard let value = text(name) else {
            throw LabFailure(text: "--\(name) is missing", isUsage: true)
        }
        return value
    }

    func number(_ name: String, default fallback: Int) throws(LabFailure) -> Int {
        guard let value = text(name) else { return fallback }
        guard let number = Int(value) else {
            throw LabFailure(text: "--\(name) \(value) is no number", isUsage: true)
        }
        return number
    }

    func address(_ name: String) throws(LabFailure) -> IPv4 {
        let value = try required(name)
        guard let address = IPv4(value) else {
            throw LabFailure(text: "--\(name) \(value) is no IPv4 address", isUsage: true)
        }
        return address
    }
}
