// What README, Examples and CONTRIBUTING show a person to type: blocks marked `sh run` are run in an
// empty directory, with the built `baton` on the path and PACKAGE naming the repository; of all others
// each command must at least exist.

import Foundation
import Testing

/// A fenced block of a document.
struct Block: CustomTestStringConvertible, Sendable {
    var document: String
    var line: Int
    var mark: String
    var text: String

    var testDescription: String { "\(document):\(line)" }

    static func all(in document: String) throws -> [Block] {
        var blocks: [Block] = []
        var open: Block?
        for (index, line) in try Repository.text(document).components(separatedBy: "\n")
            .enumerated()
        {
            guard line.hasPrefix("```") else {
                open?.text += line + "\n"
                continue
            }
            if let block = open {
                blocks.append(block)
                open = nil
            } else {
                open = Block(
                    document: document,
                    line: index + 1,
                    mark: String(line.dropFirst(3)),
                    text: ""
                )
            }
        }
        try #require(open == nil, "\(document): a block is not closed")
        return blocks
    }

    /// The blocks of all documents, `[]` for one that cannot be read (which a test finds).
    static let documents = [
        "README.md", "Examples/README.md", "Examples/greenarrow/README.md", "CONTRIBUTING.md",
    ]
    static let everywhere = documents.flatMap { (try? all(in: $0)) ?? [] }
}

@Suite("Commands shown to people")
struct CommandsTests {
    @Test("Every document has blocks", arguments: Block.documents)
    func blocks(document: String) throws {
        #expect(try !Block.all(in: document).isEmpty)
    }

    @Test(
        "A document's commands, one block after the other, do what it says",
        arguments: ["README.md", "Examples/README.md", "Examples/greenarrow/README.md"]
    )
    func run(document: String) throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("baton-house-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer {
            do {
                try FileManager.default.removeItem(at: directory)
            } catch {
                Issue.record("the directory stays: \(error)")
            }
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let blocks = try Block.all(in: document).filter { $0.mark == "sh run" }
        #expect(!blocks.isEmpty)
        for block in blocks {
            let ended = try shell(
                block.text,
                in: directory.path,
                environment: [
                    "PATH": Repository.programs + ":" + path, "PACKAGE": Repository.root,
                    "NO_COLOR": "1",
                ]
            )
            #expect(ended.code == 0, "\(block.testDescription)\n\(ended.output)")
        }
    }

    @Test(
        "A command that is only shown exists",
        arguments: Block.everywhere.filter { $0.mark == "sh" }
    )
    func exists(block: Block) throws {
        let makefile = try Repository.text("Makefile") + Repository.text("Tests/Lab/lab.mk")
        for line in block.text.split(separator: "\n") {
            var words = line.split(separator: " ").map(String.init)
            while let first = words.first, first == "sudo" || first.contains("=") {
                words.removeFirst()
            }
            switch words.first {
            case "make":
                let target = try #require(words.dropFirst().first)
                #expect(makefile.contains("\n\(target):"), "make \(target)")
            case "baton":
                let verb = try #require(words.dropFirst().first)
                let known = try shell("\"\(Repository.programs)/baton\" \(verb) --help")
                #expect(known.code == 0 && known.output.contains("USAGE: baton \(verb)"), "\(line)")
            case "systemctl":
                for unit in words where unit.hasSuffix(".service") {
                    #expect(Repository.exists("Config/\(unit)"), "\(unit)")
                }
            case "swift", "git", "scp":
                break
            case let program?:
                let path = program.replacing(
                    ".build/release/baton-simulate",
                    with: "Tests/Simulate/main.swift"
                )
                #expect(Repository.exists(path), "\(line)")
            case nil:
                break
            }
        }
    }

    @Test(
        "An output that is shown is the one that a test holds",
        arguments: Block.everywhere.filter { $0.mark.hasPrefix("text ") }
    )
    func golden(block: Block) throws {
        #expect(try block.text == Repository.text(String(block.mark.dropFirst("text ".count))))
    }

    @Test(
        "The setup guide says of each block where it is typed, and of baton only what baton knows"
    )
    func guide() throws {
        let blocks = try Block.all(in: "Examples/aggregate/SETUP.md")
        #expect(blocks.count > 10)
        for block in blocks {
            let marks = ["sh l0", "sh l1", "sh both", "sh builder"]
            #expect(marks.contains(block.mark), "\(block.testDescription): \(block.mark)")
            for line in block.text.split(separator: "\n") where line.hasPrefix("baton ") {
                let verb = try #require(line.split(separator: " ").dropFirst().first)
                guard !verb.hasPrefix("-") else { continue }
                let known = try shell("\"\(Repository.programs)/baton\" \(verb) --help")
                #expect(known.code == 0, "\(block.testDescription): \(line)")
            }
        }
    }

    @Test("make help lists the doors, each with its explanation, and no other")
    func doors() throws {
        let help = try shell("make -s help")
        #expect(help.code == 0)
        let names = help.output.split(separator: "\n").compactMap {
            $0.split(separator: " ").dropFirst().first
        }
        #expect(
            Set(names.map(String.init)) == [
                "help", "demo", "build", "test", "check", "check-long", "bench", "simulate", "fuzz",
                "explore", "format", "lint", "docs", "install", "lab-quick",
            ]
        )
        for line in help.output.split(separator: "\n") {
            #expect(line.split(separator: " ").count > 3, "\(line)")
        }
    }
}
