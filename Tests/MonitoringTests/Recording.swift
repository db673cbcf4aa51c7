// What the real mon did, as `RealMon/record` wrote it down: runs in the order in which mon judged them,
// each with the alerts that followed.

import Foundation

/// One recording.
struct Recording {
    /// What a program was given.
    struct Given: Equatable {
        var program = ""
        var arguments: [String] = []
        var environment: [String: String] = [:]
        /// Standard input of an alert.
        var input = ""
    }

    /// One run.
    struct Run {
        /// Seconds since 1970.
        var began: Double
        /// When mon judged it.
        var ended: Double
        var service: String
        var exit: Int32 = 0
        var output = ""
        var given = Given()
        var alerts: [Given] = []
    }

    var start = 0.0
    var startupAlerts: [Given] = []
    var runs: [Run] = []

    init(_ text: String) throws {
        for line in text.split(separator: "\n") {
            let depth = line.prefix { $0 == " " }.count
            let parts = line.dropFirst(depth).split(
                separator: " ",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let value = Recording.unescaped(parts.count > 1 ? String(parts[1]) : "")
            try take(String(parts[0]), value, depth: depth)
        }
    }

    struct Malformed: Error {
        var line: String
    }

    private mutating func take(_ word: String, _ value: String, depth: Int) throws {
        switch (depth, word) {
        case (0, "start"): start = try Recording.number(value)
        case (0, "run"):
            let parts = value.split(separator: " ").map(String.init)
            guard parts.count == 3 else { throw Malformed(line: value) }
            runs.append(
                Run(
                    began: try Recording.number(parts[0]),
                    ended: try Recording.number(parts[1]),
                    service: parts[2]
                )
            )
        case (2, "exit"): runs[runs.count - 1].exit = Int32(try Recording.number(value))
        case (2, "output"): runs[runs.count - 1].output = value
        case (2, "alert") where runs.isEmpty: startupAlerts.append(Given())
        case (2, "alert"): runs[runs.count - 1].alerts.append(Given())
        case (2, _): try Recording.take(word, value, &runs[runs.count - 1].given)
        case (4, _) where runs.isEmpty:
            try Recording.take(word, value, &startupAlerts[startupAlerts.count - 1])
        case (4, _):
            let (run, alert) = (runs.count - 1, runs[runs.count - 1].alerts.count - 1)
            try Recording.take(word, value, &runs[run].alerts[alert])
        default: throw Malformed(line: word)
        }
    }

    private static func take(_ word: String, _ value: String, _ given: inout Given) throws {
        switch word {
        case "program": given.program = value
        case "argument": given.arguments.append(value)
        case "environment":
            let parts = value.split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            ).map(String.init)
            guard parts.count == 2 else { throw Malformed(line: value) }
            given.environment[parts[0]] = parts[1]
        case "input": given.input = value
        default: throw Malformed(line: word)
        }
    }

    private static func number(_ text: String) throws -> Double {
        guard let number = Double(text) else { throw Malformed(line: text) }
        return number
    }

    private static func unescaped(_ text: String) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                result.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
