import Configuration
import Foundation
import Testing

@Suite("Manual pages")
struct ManualTests {
    static let pages = [
        "baton.8", "batond.8", "ha.cf.5", "haresources.5", "authkeys.5", "mon.cf.5",
    ]

    @Test("The pages are those that are installed")
    func names() throws {
        #expect(try baton("manual").output == Self.pages.map { $0 + "\n" }.joined())
    }

    @Test(
        "A page renders without a warning",
        .enabled("groff is here") { Program.find("/usr/bin/groff") != nil },
        arguments: pages
    )
    func renders(page: String) throws {
        let place = try Place()
        try place.write(try baton("manual", page).output, page)
        let rendered = try run(
            "/usr/bin/groff",
            ["-man", "-ww", "-Tutf8", "-P-c", place.path + "/" + page]
        )
        #expect(rendered.code == 0)
        #expect(rendered.errors == "")
        let plain = rendered.output.replacing(/.\x{8}/, with: "")
        #expect(plain.contains("NAME"))
        #expect(plain.contains("SEE ALSO"))
    }

    @Test("ha.cf.5 has its examples line by line, and every word of the table that help knows")
    func directives() throws {
        let page = try baton("manual", "ha.cf.5").output
        #expect(page.contains("\n.IP\n.nf\ndeadtime 3\ndeadtime 300ms\n.fi\n"))
        for word in ["node", "keepalive", "warntime", "deadtime", "initdead", "bcast", "ucast"] {
            #expect(page.contains("\n.TP\n\\fB\(word) "), "\(word)")
            #expect(try baton("help", word).code == 0)
        }
    }

    @Test("The page of a file has every word of its table", arguments: Directive.File.allCases)
    func words(file: Directive.File) throws {
        let page = try baton("manual", "\(file.rawValue).5").output
        for row in Directive.all where row.file == file {
            let word = row.name.replacing("-", with: "\\-")
            #expect(page.contains(".TP\n\\fB") && page.contains(word), "\(row.name)")
        }
    }

    @Test("mon.cf.5 tells every difference from mon that the catalog of Monitoring tells")
    func differences() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let article = try String(
            contentsOf: root.appendingPathComponent(
                "Sources/Monitoring/Monitoring.docc/DifferencesFromMon.md"
            ),
            encoding: .utf8
        )
        let rows = article.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
            .compactMap { $0.split(separator: "|").first?.trimmingPrefix(" ") }
            .map { String($0.prefix { $0 != "|" }).trimmingCharacters(in: .whitespaces) }
        let page = try baton("manual", "mon.cf.5").output
        let section = try #require(
            page.components(separatedBy: ".SH \"DIFFERENCES FROM MON\"").last
        )
        let told = section.components(separatedBy: ".SH ")[0].matches(of: /\\fB(.*)\\fR/)
            .map { String($0.1).replacing("\\-", with: "-") }
        #expect(told == rows)
    }

    @Test("baton.8 has every subcommand, option and exit code")
    func complete() throws {
        let page = try baton("manual", "baton.8").output
        for word in [
            "status", "explain", "standby", "takeover", "failback", "confirm\\-down", "check",
            "help",
            "keygen",
            "reload", "manual", "completion", "monitors", "monitors disable", "monitors enable",
            "clear",
            "freeze", "thaw",
        ] {
            #expect(page.contains(".SS \"\(word)\"\n"), "\(word)")
        }
        for option in [
            "run <dir>", "json", "no\\-wait", "timeout <time>", "strict", "force", "local",
            "last <n>",
        ] {
            #expect(page.contains("\\fB\\-\\-\(option)"), "\(option)")
        }
        for code in 0...5 { #expect(page.contains("\n\\fB\(code)\\fR\n")) }
    }
}
