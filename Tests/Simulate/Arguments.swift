// The words behind a command, read one by one; and work done side by side whose results come in order.

import Glibc

/// The arguments of one command of `baton-simulate`.
struct Arguments {
    private let words: [String]
    private var next = 0
    private let name: String
    private let usage: String

    /// The words behind the name of a command, and what it prints when they are wrong.
    init(_ words: [String], of name: String, usage: String) {
        self.words = words
        self.name = name
        self.usage = usage
    }

    /// The next word; `nil` behind the last.
    mutating func word() -> String? {
        guard next < words.count else { return nil }
        next += 1
        return words[next - 1]
    }

    /// What stands behind the word just read.
    mutating func value<Value>(_ parse: (String) -> Value?) -> Value {
        let option = words[next - 1]
        guard let value = word().flatMap(parse) else { refuse("\(option) needs a value") }
        return value
    }

    /// What stands behind the word just read, where it is of its kind.
    mutating func optionalValue<Value>(_ parse: (String) -> Value?) -> Value? {
        guard next < words.count, let value = parse(words[next]) else { return nil }
        next += 1
        return value
    }

    /// Ends the program with its usage.
    func help() -> Never {
        print(usage)
        exit(0)
    }

    /// Ends the program because of the word just read.
    func refuseWord() -> Never { refuse("unknown argument \(words[next - 1])") }

    private func refuse(_ text: String) -> Never {
        print("\(name): \(text)")
        print(usage)
        exit(2)
    }
}

/// Does `work` for each of `inputs`, `jobs` at once, and gives the results in their order.
func concurrently<Input: Sendable, Output: Sendable>(
    _ inputs: [Input],
    jobs: Int,
    _ work: @escaping @Sendable (Input) -> Output
) async -> [Output] {
    await withTaskGroup(of: (Int, Output).self) { group in
        var outputs = [Output?](repeating: nil, count: inputs.count)
        var waiting = inputs.enumerated().makeIterator()
        func begin() {
            guard let (place, input) = waiting.next() else { return }
            group.addTask { (place, work(input)) }
        }
        for _ in 0..<jobs { begin() }
        for await (place, output) in group {
            outputs[place] = output
            begin()
        }
        return outputs.compactMap(\.self)
    }
}
