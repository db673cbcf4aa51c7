// Marks: lines of `nanoseconds text` that scenarios append to a file while the prober runs, so that
// "command → other node answers" is measured on one clock. The mark `off:NODE` says that a node's
// power went: from there on its kernel owns nothing, whatever its tables say.

import FoundationEssentials

struct Mark: Codable, Equatable {
    let at: Nanoseconds
    let text: String
}

func appendMark(_ text: String, at moment: Nanoseconds, to path: String) throws(LabFailure) {
    try Kernel.append("\(moment) \(text)\n", to: path)
}

/// `mark FILE TEXT [COMMAND…]`: stamps the moment, then becomes the command.
func mark(_ arguments: [String]) throws(LabFailure) {
    guard arguments.count >= 2 else {
        throw LabFailure(text: "mark FILE TEXT [COMMAND…]", isUsage: true)
    }
    try appendMark(arguments[1], at: Kernel.now, to: arguments[0])
    if arguments.count > 2 { try Kernel.become(Array(arguments[2...])) }
}

/// The lines of a file; none where there is no such file.
func linesOf(_ path: String) -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
}

func readMarks(from path: String) -> [Mark] {
    linesOf(path).compactMap { line in
        let parts = line.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let at = Int64(parts[0]) else { return nil }
        return Mark(at: at, text: String(parts[1]))
    }
}
