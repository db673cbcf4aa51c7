// What documents say of the code, compared with the code: the drawing of the transitions, the rules by
// number, the words of the directive table in the manual pages, the files that are named.

import Configuration
import Failover
import Foundation
import Testing

@Suite("Documents")
struct DocumentsTests {
    static let catalog = "Sources/Failover/Failover.docc/"

    @Test("The drawing of the transitions is the one made from the table")
    func diagram() throws {
        let article = try Repository.text(Self.catalog + "Transitions-of-a-group.md")
        #expect(article.contains("```dot\n\(Transitions.diagram)```\n"))
    }

    @Test("Every rule has its row, in order, and names files that exist")
    func invariants() throws {
        let article = try Repository.text(Self.catalog + "Invariants.md")
        let rows = article.split(separator: "\n").filter { $0.contains(/^\| [SL]\d+b? \|/) }
        let named = rows.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
        let numbered = Rule.allCases.map(\.rawValue).filter { $0.contains(/^[SL]\d+b?$/) }
        #expect(named == numbered)
        for row in rows where !row.contains("*Reserved") {
            let paths = row.matches(of: /`([A-Z][A-Za-z]+\/[^`]+)`/).map { String($0.1) }
            #expect(!paths.isEmpty, "\(row)")
            for path in paths { #expect(Repository.exists(path), "\(path)") }
        }
    }

    @Test("A row claims a planted bug where there is one, and only there")
    func planted() throws {
        let bugs = try Repository.text("Tests/SimulationTests/PlantedBug.swift")
        let rules = Set(bugs.matches(of: /name:\s*"([SL]\d+b?):/).map { String($0.1) })
        let article = try Repository.text(Self.catalog + "Invariants.md")
        let claimed = article.split(separator: "\n").compactMap { row in
            try? row.contains("a planted bug") ? /^\| ([SL]\d+b?) \|/.firstMatch(in: row)?.1 : nil
        }
        #expect(Set(claimed.map(String.init)) == rules)
    }

    @Test("The rules that are cited have a row")
    func cited() throws {
        let known = Set(Rule.allCases.map(\.rawValue))
        for file in try Repository.files(below: "Sources") {
            for match in try Repository.text(file).matches(of: /\((S\d+b?|L\d)[,)]/) {
                #expect(known.contains(String(match.1)), "\(file): \(match.1)")
            }
        }
    }

    @Test(
        "Files that a document names exist",
        arguments: ["README.md", "CONTRIBUTING.md", "Examples/README.md"]
    )
    func paths(document: String) throws {
        let text = try Repository.text(document)
        for match in text.matches(of: /`((?:Sources|Tests|Config|Examples)\/[A-Za-z0-9+._\/-]+)`/) {
            let path = String(match.1)
            if path.contains("…") { continue }
            #expect(Repository.exists(path), "\(path)")
        }
        for match in text.matches(of: /\]\(([A-Z][A-Za-z.]+)\)/) {
            #expect(Repository.exists(String(match.1)), "\(match.1)")
        }
    }

    @Test("Every word of the table is in the installed manual page of its file")
    func manual() throws {
        for file in [Directive.File.haCf, .haresources, .authkeys] {
            let page = try shell("\"\(Repository.programs)/baton\" manual \(file.rawValue).5")
            try #require(page.code == 0, "\(page.output)")
            let headings = page.output.split(separator: "\n").filter { $0.hasPrefix("\\fB") }
            let words = Directive.words(of: file)
            #expect(words.count >= 2)
            for word in words {
                let roff = word.replacing("-", with: "\\-")
                #expect(headings.contains { $0.contains(roff) }, "\(word) in \(file.rawValue)(5)")
            }
        }
    }

    @Test("Every word of the table can be asked for", arguments: Directive.File.allCases)
    func help(file: Directive.File) throws {
        for word in Directive.words(of: file) {
            let text = try #require(Directive.help(for: word), "\(word)")
            #expect(text.contains("(\(file.rawValue), "), "\(word)")
        }
    }

    @Test("Every catalog links to articles that it has")
    func articles() throws {
        for file in try Repository.files(below: "Sources", ending: ".md") {
            let folder = file.split(separator: "/").dropLast().joined(separator: "/")
            for match in try Repository.text(file).matches(of: /<doc:([A-Za-z-]+)>/) {
                #expect(Repository.exists("\(folder)/\(match.1).md"), "\(file): \(match.1)")
            }
        }
    }

    @Test(
        "Every room has a catalog",
        arguments: RoomsTests.arrows.keys.filter { $0.first?.isUppercase == true }
    )
    func catalogs(room: String) throws {
        let text = try Repository.text("Sources/\(room)/\(room).docc/\(room).md")
        #expect(text.hasPrefix("# ``\(room)``\n"))
    }
}
