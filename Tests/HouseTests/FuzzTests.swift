// That nothing which reads what others write is left out of the fuzzer: its table, its targets and its inputs belong
// together, and a file of Sources that decodes is in the table.

import Foundation
import Testing

@Suite("The fuzzer")
struct FuzzTests {
    private static func names(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: Repository.root + "/" + directory)
            .sorted()
    }

    /// The rows of the first table: the files that read, and the targets.
    private static func rows() throws -> [(files: [String], targets: [String])] {
        try Repository.text("Tests/Fuzz/Decoders.md").split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3, cells[0] != "-", cells[2] != "target" else { return nil }
            let files = cells[1].matches(of: /`([\w+]+\.swift)`/).map { String($0.1) }
            return (files, cells[2].components(separatedBy: ", "))
        }
    }

    @Test("Every target has a row, and every row a target")
    func targets() throws {
        let targets = try Self.names(in: "Tests/Fuzz/Targets").map { $0.dropLast(".swift".count) }
        #expect(try Set(Self.rows().flatMap(\.targets)) == Set(targets.map(String.init)))
    }

    @Test("Every target begins with inputs of its own, and no others are kept")
    func inputs() throws {
        let targets = try Self.names(in: "Tests/Fuzz/Targets").map { $0.dropLast(".swift".count) }
        #expect(try Self.names(in: "Tests/Fuzz/Corpus") == targets.map(String.init))
        for target in targets {
            #expect(try !Self.names(in: "Tests/Fuzz/Corpus/\(target)").isEmpty, "\(target)")
        }
    }

    @Test("Every file that the table names exists")
    func files() throws {
        let known = try Set(
            Repository.files(below: "Sources").map { $0.split(separator: "/").last }
        )
        for row in try Self.rows() {
            #expect(!row.files.isEmpty, "\(row.targets)")
            for file in row.files { #expect(known.contains(file[...]), "\(file)") }
        }
    }

    /// A declaration that makes a value of bytes, of a text, or of what another decoder has cut out.
    private static var decoding: some RegexComponent {
        /init\?\((_ |bytes|text|rawValue|name|identity)\w*: (\[UInt8\]|Span<UInt8>|String|some StringProtocol|NetlinkMessage)|init\(from \w+: any Decoder|func (parse|decode)\w*\(|static func \w+\((in|inStat) \w+: \[UInt8\]/
    }

    @Test("Every file that decodes is in the table")
    func complete() throws {
        let table = try Repository.text("Tests/Fuzz/Decoders.md")
        var found = 0
        for room in [
            "Checks", "Configuration", "Daemon", "Failover", "Linux", "Monitoring", "PeerChannel",
            "Reporting", "TLS", "Wire",
        ] {
            for file in try Repository.files(below: "Sources/\(room)") {
                let text = try Repository.text(file)
                guard RoomsTests.code(text).contains(where: { $0.1.contains(Self.decoding) }) else {
                    continue
                }
                found += 1
                let name = file.split(separator: "/").last.map(String.init) ?? ""
                #expect(table.contains("`\(name)`"), "\(file)")
            }
        }
        // The net catches what it is there for.
        #expect(found > 25)
    }
}
