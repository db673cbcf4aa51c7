// What the tests of this room share: the built program run to its end, helpers that end with the tests,
// scratch directories, and what all of a program's descendants show to others.

import Foundation
import Glibc
import Testing

/// The end of a run.
struct Ended: Equatable {
    var code: Int32
    var output: String
    var errors = ""
}

enum Program {
    /// The programs are beside the bundle of the tests.
    static let monitor: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/baton-monitor"
    }()

    /// The first of these programs that is installed, whatever the PATH.
    static func find(_ names: String...) -> String? {
        // PostgreSQL's servers first, each with its own tools.
        let directories =
            [17, 16, 15].map { "/usr/lib/postgresql/\($0)/bin" } + [
                "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin",
            ]
        return names.lazy.flatMap { name in directories.map { "\($0)/\(name)" } }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }
}

/// A program under way, with what it says.
final class Running {
    let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    init(
        _ path: String,
        _ arguments: [String],
        input: [UInt8]? = nil,
        environment: [String: String]? = nil
    ) throws {
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let environment { process.environment = environment }
        process.standardOutput = output
        process.standardError = errors
        if let input {
            let pipe = Pipe()
            process.standardInput = pipe
            try pipe.fileHandleForWriting.write(contentsOf: Data(input))
            try pipe.fileHandleForWriting.close()
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
    }

    func end() -> Ended {
        let output = output.fileHandleForReading.readDataToEndOfFile()
        let errors = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Ended(
            code: process.terminationStatus,
            output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self)
        )
    }
}

/// Runs baton-monitor to its end.
func monitor(_ words: String..., environment: [String: String]? = nil) throws -> Ended {
    try Running(Program.monitor, words, environment: environment).end()
}

/// Runs a program to its end and demands that it went well.
@discardableResult
func succeed(_ path: String, _ arguments: [String]) throws -> String {
    let ended = try Running(path, arguments).end()
    try #require(ended.code == 0, "\(path) \(arguments): \(ended.output)\(ended.errors)")
    return ended.output
}

/// A shell that lives until the tests end, however they do: its standard input is then at its end.
///
/// The script starts a server and prints a line when it may be used; `finally` is what ends it.
final class Companion: @unchecked Sendable {
    private let process = Process()
    private let door = Pipe()
    /// The first line that the script printed.
    let greeting: String

    init(_ script: String, finally: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        // The server itself must not hold the pipes, or nobody would see them end.
        process.arguments = [
            "-c", "finish() {\n\(finally)\n}\ntrap finish EXIT\n\(script)\nread -r _",
        ]
        process.standardInput = door
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
            line.append(byte)
        }
        greeting = String(decoding: line, as: UTF8.self)
    }

    /// Ends it now.
    func end() throws {
        try door.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// An empty directory for the test, removed after it.
func withDirectory<Answer>(_ body: (String) throws -> Answer) throws -> Answer {
    let path = "/tmp/checks-tests-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(
        atPath: path,
        withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o755]
    )
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// A process and all below it, by number.
func family(of process: Int32) -> [Int32] {
    var members = [process]
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    let parents = numbers.compactMap(Int32.init).map { ($0, parent(of: $0)) }
    var index = 0
    while index < members.count {
        members += parents.filter { $0.1 == members[index] }.map(\.0)
        index += 1
    }
    return members
}

private func parent(of process: Int32) -> Int32? {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    return fields.count > 1 ? Int32(fields[1]) : nil
}

/// What every user may read of a process, and its own user too.
func shown(_ process: Int32) -> String {
    ["cmdline", "environ"].map { name in
        let data = FileManager.default.contents(atPath: "/proc/\(process)/\(name)") ?? Data()
        return String(decoding: data, as: UTF8.self)
    }.joined(separator: "\n")
}

/// Whether a process still runs; a dead one that nobody has reaped does not.
func isRunning(_ process: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
    else { return false }
    return stat[end...].split(separator: " ").dropFirst().first != "Z"
}

/// Looks again and again until something is so that nobody tells of; whether it came to be.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let begin = ContinuousClock.now
    while ContinuousClock.now - begin < .seconds(10) {
        if try condition() { return true }
        usleep(2000)
    }
    return false
}

/// Watches a family while it runs, until it is at least so large; what it showed meanwhile.
func watch(_ running: Running, until count: Int) throws -> String {
    var seen = ""
    let isThere = eventually {
        let members = family(of: running.process.processIdentifier)
        seen += members.map(shown).joined(separator: "\n")
        return members.count >= count
    }
    try #require(isThere, "there were never \(count) processes")
    return seen
}

extension Trait where Self == ConditionTrait {
    static var needsRoot: Self { .enabled(if: geteuid() == 0, "needs root") }
    static var needsMariaDB: Self {
        .enabled(
            if: Program.find("mariadbd") != nil && Program.find("mariadb") != nil,
            "mariadb-server is not installed"
        )
    }
    static var needsPostgres: Self {
        .enabled(if: Program.find("initdb") != nil, "postgresql is not installed")
    }
    static var needsPython: Self {
        .enabled(if: Program.find("python3") != nil, "python3 is not installed")
    }
}
