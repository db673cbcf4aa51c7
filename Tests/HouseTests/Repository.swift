// The repository as the tests of the house read it: its files and their texts, and the programs built
// from it. What must be true of them is in the suites.

import Foundation
import Testing

enum Repository {
    /// The root of the package.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// The text of a file, by its path from the root.
    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: root + "/" + path, encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root + "/" + path)
    }

    /// Paths from the root of all files with an ending below a directory, in order.
    static func files(below directory: String, ending: String = ".swift") throws -> [String] {
        let found = FileManager.default.enumerator(atPath: root + "/" + directory)
        let paths = (found?.allObjects ?? []).compactMap { $0 as? String }
        let chosen = paths.filter { $0.hasSuffix(ending) }.map { directory + "/" + $0 }.sorted()
        // A test over no files proves nothing.
        try #require(!chosen.isEmpty, "no \(ending) below \(directory)")
        return chosen
    }

    /// Where the build put the programs: beside the bundle of the tests.
    static let programs: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().path
    }()
}

/// Runs a shell script to its end; its exit code and all it printed.
func shell(
    _ script: String,
    in directory: String = Repository.root,
    environment: [String: String] = [:]
) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-euc", script]
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}
