// `baton-lab pick PATH < JSON`: one value out of a JSON text, for scenarios in shell on machines
// without jq. PATH is `groups.0.state`; a list prints one element per line, an absent value nothing
// with exit code 1.

import FoundationEssentials

private enum Value: Decodable {
    case object([String: Value])
    case list([Value])
    case scalar(String)

    init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if let value = try? single.decode([String: Value].self) {
            self = .object(value)
        } else if let value = try? single.decode([Value].self) {
            self = .list(value)
        } else if let value = try? single.decode(Bool.self) {
            self = .scalar("\(value)")
        } else if let value = try? single.decode(Int64.self) {
            self = .scalar("\(value)")
        } else if let value = try? single.decode(Double.self) {
            self = .scalar("\(value)")
        } else if let value = try? single.decode(String.self) {
            self = .scalar(value)
        } else {
            self = .scalar("null")
        }
    }

    func at(_ path: ArraySlice<Substring>) -> Value? {
        guard let step = path.first else { return self }
        switch self {
        case .object(let members): return members[String(step)]?.at(path.dropFirst())
        case .list(let elements):
            if step == "*" { return .list(elements.compactMap { $0.at(path.dropFirst()) }) }
            guard let index = Int(step), elements.indices.contains(index) else { return nil }
            return elements[index].at(path.dropFirst())
        case .scalar: return nil
        }
    }

    var lines: [String] {
        switch self {
        case .object(let members):
            return members.sorted { $0.key < $1.key }.map {
                "\($0.key)=\($0.value.lines.joined(separator: " "))"
            }
        case .list(let elements): return elements.flatMap(\.lines)
        case .scalar(let text): return [text]
        }
    }
}

func pick(_ arguments: [String]) throws(LabFailure) {
    guard arguments.count == 1 else { throw LabFailure(text: "pick PATH < JSON", isUsage: true) }
    var text = ""
    while let line = readLine(strippingNewline: false) { text += line }
    let value: Value
    do {
        value = try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
        throw LabFailure(text: "no JSON: \(error)")
    }
    guard let found = value.at(arguments[0].split(separator: ".")[...]) else {
        throw LabFailure(text: "no \(arguments[0])")
    }
    for line in found.lines { print(line) }
}
