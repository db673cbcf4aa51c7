// A copy of the core with bugs planted in it, compiled outside of the package together with the simulator.

import Foundation
import Testing

/// A directory with a core in which bugs are planted, and the simulator built with it.
struct Garden {
    let directory: URL

    /// What one run came to.
    struct Told {
        var isFound: Bool
        var stories: Int
        var rule: String
        var output: String
    }

    init() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent()
        directory = FileManager.default.temporaryDirectory.appending(
            path: "baton-planted-\(ProcessInfo.processInfo.processIdentifier)"
        )
        let core = directory.appending(path: "Failover")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: package.appending(path: "Sources/Failover"), to: core)
        for bug in PlantedBug.all { try Self.plant(bug, in: core) }
        try Self.plantedSwitch.write(
            to: core.appending(path: "Planted.swift"),
            atomically: true,
            encoding: .utf8
        )
        let openSSL = package.appending(path: "Sources/COpenSSL").path()
        let rooms: [(name: String, sources: URL)] = [
            ("Failover", core),
            ("Wire", package.appending(path: "Sources/Wire")),
            ("Simulation", package.appending(path: "Sources/Simulation")),
            ("simulate", package.appending(path: "Tests/Simulate")),
        ]
        for room in rooms {
            var arguments =
                Self.flags + ["-module-name", room.name, "-I", directory.path(), "-I", openSSL]
            if room.name != "simulate" {
                arguments += ["-parse-as-library", "-emit-module", "-emit-module-path"]
                arguments.append(directory.appending(path: "\(room.name).swiftmodule").path())
            }
            arguments += ["-c", "-o", directory.appending(path: "\(room.name).o").path()]
            arguments += try Self.swiftFiles(in: room.sources)
            _ = try Self.run("swiftc", arguments, expecting: 0)
        }
        let objects = rooms.map { directory.appending(path: "\($0.name).o").path() }
        let program = directory.appending(path: "simulate").path()
        _ = try Self.run("swiftc", objects + ["-lcrypto", "-o", program], expecting: 0)
    }

    func remove() {
        do {
            try FileManager.default.removeItem(at: directory)
        } catch {
            Issue.record("the garden stays: \(error)")
        }
    }

    /// Explores the small model with one bug switched on; 0 for none.
    ///
    /// - Returns: the broken rule, or `nil`; and what was printed.
    func explore(bug: Int, _ plan: Exploration) throws -> (rule: String?, output: String) {
        let output = try Self.run(
            directory.appending(path: "simulate").path(),
            ["explore", "--faults", "\(plan.faults)", "--palette", "lean", "--brief"]
                + plan.restriction,
            environment: ["BATON_PLANTED": "\(bug)"],
            expecting: nil
        )
        let broken = output.split(separator: "\n").first { $0.hasPrefix("broken: ") }
        return (broken?.split(separator: ":").dropFirst().first.map(String.init), output)
    }

    /// Tells every fault and every pair, with no bug switched on.
    ///
    /// - Returns: what is printed.
    func tellFaults() throws -> String {
        try Self.run(directory.appending(path: "simulate").path(), ["faults"], expecting: 0)
    }

    /// Tells stories with one bug switched on; 0 for none.
    func tell(bug: Int, stories: Int) throws -> Told {
        let output = try Self.run(
            directory.appending(path: "simulate").path(),
            ["--stories", "\(stories)", "--jobs", "1", "--brief"],
            environment: ["BATON_PLANTED": "\(bug)"],
            expecting: nil
        )
        let lines = output.split(separator: "\n")
        let count = lines.first { $0.contains(" stories, ") }?.split(separator: " ").first
        let broken = lines.first { $0.hasPrefix("broken: ") }
        return Told(
            isFound: broken != nil,
            stories: count.flatMap { Int($0) } ?? 0,
            rule: broken?.split(separator: ":").dropFirst().first.map(String.init) ?? "",
            output: output
        )
    }

    private static let flags = [
        "-O", "-wmo", "-swift-version", "6", "-disable-cmo", "-enable-upcoming-feature",
        "InternalImportsByDefault", "-enable-upcoming-feature", "MemberImportVisibility",
        "-enable-upcoming-feature", "ExistentialAny", "-enable-upcoming-feature",
        "NonisolatedNonsendingByDefault",
    ]

    private static let plantedSwitch = """
        import Glibc
        private let number = getenv("BATON_PLANTED").flatMap { Int(String(cString: $0)) } ?? 0
        func planted(_ bug: Int) -> Bool { bug == number }
        """

    /// Puts a bug in its place, which must be there exactly once.
    private static func plant(_ bug: PlantedBug, in core: URL) throws {
        let file = core.appending(path: bug.file)
        let text = try String(contentsOf: file, encoding: .utf8)
        let places = text.components(separatedBy: bug.healthy).count - 1
        try #require(places == 1, "bug \(bug.number) has \(places) places in \(bug.file)")
        try text.replacingOccurrences(of: bug.healthy, with: bug.sick)
            .write(to: file, atomically: true, encoding: .utf8)
    }

    private static func swiftFiles(in directory: URL) throws -> [String] {
        let found = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
        let files = (found?.allObjects ?? []).compactMap { ($0 as? URL)?.path() }
        return files.filter { $0.hasSuffix(".swift") }.sorted()
    }

    private static func run(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        expecting status: Int32?
    ) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let output = String(decoding: data, as: UTF8.self)
        if let status {
            try #require(process.terminationStatus == status, "\(program) failed:\n\(output)")
        }
        return output
    }
}
