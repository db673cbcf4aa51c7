// The walls between the rooms: who imports whom, and what the pure rooms must not even mention. What
// batond is linked with is looked at in Tests/DaemonTests/OperationTests.swift, on the running daemon.

import Foundation
import Testing

@Suite("Rooms")
struct RoomsTests {
    /// The arrows of CONTRIBUTING.md, with the libraries from outside.
    static let arrows: [String: Set<String>] = [
        "Failover": [],
        "Monitoring": [],
        "Configuration": ["Failover", "Monitoring"],
        "Wire": ["Failover", "COpenSSL"],
        "Linux": ["CLinux"],
        "Daemon": ["Failover", "Monitoring", "Configuration", "Wire", "Resources", "Linux"],
        "TLS": ["Linux", "CTLS"],
        "PeerChannel": ["Linux", "TLS", "Wire"],
        "Checks": ["Configuration", "Linux", "CPostgres", "TLS"],
        "Resources": ["Linux"],
        "Reporting": ["Failover"],
        "Simulation": ["Failover", "Wire"],
        "batond": ["Daemon"],
        "batond-peer": ["PeerChannel"],
        "baton-monitor": ["Checks", "Linux"],
        "baton-resource": ["Linux", "Resources"],
        "baton": ["Configuration", "Failover", "Linux", "Reporting", "Wire", "ArgumentParser"],
    ]

    /// Modules of the toolchain, where they are allowed; the pure rooms have none.
    static let toolchain: [String: Set<String>] = [
        "Wire": ["FoundationEssentials"],
        "Linux": ["Glibc"],
        "batond": ["Glibc"],
        "batond-peer": ["Glibc"],
        "baton": ["FoundationEssentials"],
    ]

    /// The modules that a text imports.
    static func imports(_ text: String) -> Set<String> {
        let line =
            /^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:(?:public|package|internal|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
        return Set(
            text.split(separator: "\n").compactMap { try? line.prefixMatch(in: $0)?.1 }.map(
                String.init
            )
        )
    }

    @Test("Import lines are read, whatever stands before the name")
    func reading() {
        let text = """
            public import Failover
            @_spi(Simulation) import Wire
            @testable import Linux
            import struct Foundation.Data
            // import Nothing
            let importance = 1
            """
        #expect(Self.imports(text) == ["Failover", "Wire", "Linux", "Foundation"])
    }

    @Test("A room imports along its arrows and nothing else", arguments: arrows.keys.sorted())
    func walls(room: String) throws {
        let allowed = Self.arrows[room, default: []].union(Self.toolchain[room, default: []])
        for file in try Repository.files(below: "Sources/\(room)") {
            let strangers = Self.imports(try Repository.text(file)).subtracting(allowed)
            #expect(strangers.isEmpty, "\(file)")
        }
    }

    @Test("Every directory of Sources is a room of the table, or C")
    func complete() throws {
        let rooms = try FileManager.default.contentsOfDirectory(
            atPath: Repository.root + "/Sources"
        )
        #expect(
            Set(rooms) == Set(Self.arrows.keys).union(["CLinux", "COpenSSL", "CPostgres", "CTLS"])
        )
    }

    @Test("Package.swift lists the same arrows", arguments: arrows.keys.sorted())
    func manifest(room: String) throws {
        let text = try Repository.text("Package.swift")
        let targets = text.components(separatedBy: "arget(").filter {
            $0.drop { $0.isWhitespace }.hasPrefix("name: \"\(room)\"")
        }
        let target = try #require(targets.first)
        let listed = target.firstRange(of: "dependencies: [").map { target[$0.upperBound...] }
        // The package of a product is not an arrow of its own.
        let end = listed?.firstRange(of: "],")?.lowerBound
        let names = listed.flatMap { list in end.map { list[..<$0] } } ?? ""
        let words = names.replacing(/package: "[^"]*"/, with: "").matches(of: /"(\w+)"/).map {
            String($0.1)
        }
        #expect(Set(words) == Self.arrows[room])
    }

    @Test(
        "A pure room mentions no clock, no chance, no printing, no environment, no task",
        arguments: ["Failover", "Monitoring", "Configuration", "Reporting", "Simulation"]
    )
    func pure(room: String) throws {
        let forbidden =
            /\bprint\(|\bdebugPrint\(|\bdump\(|ContinuousClock|SuspendingClock|\.now\(\)|SystemRandomNumberGenerator|\.random\(in: [^,)]*\)|\.shuffled\(\)|\.randomElement\(\)|\bgetenv\b|ProcessInfo|\bTask\b|\bawait\b|\bDispatch|\bFileManager|\bfopen\(/
        // `Simulation` makes its own chance from the seed.
        for file in try Repository.files(below: "Sources/\(room)") {
            for (number, line) in Self.code(try Repository.text(file)) {
                #expect(!line.contains(forbidden), "\(file):\(number): \(line)")
            }
        }
    }

    @Test("The net of the test above has no hole that a common word falls through")
    func net() {
        for line in [
            "print(\"x\")", "let t = ContinuousClock.now", "Int.random(in: 0..<4)", "await x",
        ] {
            let caught = line.contains(/\bprint\(|ContinuousClock|\.random\(in: [^,)]*\)|\bawait\b/)
            #expect(caught, "\(line)")
        }
    }

    @Test("The room Linux does not know the words node, peer, role and group of nodes")
    func words() throws {
        for file in try Repository.files(below: "Sources/Linux") {
            for (number, line) in Self.code(try Repository.text(file)) {
                #expect(
                    !line.contains(/\b(NodeName|peerNode|[Ff]ailover|haresources|deadtime)\b/),
                    "\(file):\(number)"
                )
            }
        }
    }

    @Test("No file takes a value by force or swallows an error")
    func force() throws {
        for file in try Repository.files(below: "Sources") {
            for (number, line) in Self.code(try Repository.text(file)) {
                #expect(!line.contains(/\btry!|\bas!|catch \{\s*\}/), "\(file):\(number)")
            }
        }
    }

    /// Where C libraries are called, each from one file.
    static let callers: Set<String> = [
        "Sources/Wire/MessageAuthenticator.swift", "Sources/Checks/PostgresConversation.swift",
        "Sources/TLS/TLSSession.swift",
    ]

    @Test("unsafe is written in Linux, where a C library is called, and nowhere else")
    func unsafe() throws {
        for file in try Repository.files(below: "Sources") {
            if file.hasPrefix("Sources/Linux/") || Self.callers.contains(file) { continue }
            for (number, line) in Self.code(try Repository.text(file)) {
                #expect(
                    !line.contains(/(?:^|[^.\w])unsafe [a-zA-Z(]/),
                    "\(file):\(number): \(line)"
                )
            }
        }
    }

    /// The lines of a text that are not comments, with their numbers; what stands in quotes is left out.
    static func code(_ text: String) -> [(Int, String)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
            index,
            line in
            if line.drop(while: \.isWhitespace).hasPrefix("//") { return nil }
            return (index + 1, String(line).replacing(/"[^"]*"/, with: "\"\""))
        }
    }
}
