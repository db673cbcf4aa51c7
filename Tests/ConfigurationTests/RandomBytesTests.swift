// Any bytes at all are safe: mutated samples through every parser, seeded, so that a trap comes back.

import Failover
import Testing

@testable import Configuration

@Suite struct RandomBytesTests {
    /// A line many times, `#` in it replaced by the number.
    private static func lines(_ count: Int, _ line: String) -> String {
        (0..<count).map { number in
            line.split(separator: "#", omittingEmptySubsequences: false).joined(
                separator: String(number)
            ) + "\n"
        }.joined()
    }

    /// SplitMix64: small, seeded, the same everywhere.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    private let samples: [[UInt8]] =
        Directive.all.flatMap(\.examples).map { Array($0.utf8) }
        + [
            "Config/ha.cf", "Config/haresources", "Config/authkeys.example",
            "Examples/aggregate/mon.cf",
        ]
        .compactMap { file(root + "/" + $0)?.bytes.suffix(400) }.map(Array.init)

    private let pieces: [[UInt8]] =
        [
            "::", "\\\n", "\\", "#", "\n\n", "{", "}", "-", "/", ":", "=", "\"", "'", ";;",
            "\u{a0}", "\u{feff}",
            "99999999999999999999", "\r\n", "\0", "%", "auth 1", "l0 ",
            "watch g\nservice s\nperiod ", ",",
        ].map { Array($0.utf8) } + [[0xff], [0xc3], [0xf4, 0x8f, 0xbf, 0xbf], [0xed, 0xa0, 0x80]]

    private func mutated(_ generator: inout Generator) -> [UInt8] {
        var bytes = samples.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            case 1:
                bytes.insert(contentsOf: pieces.randomElement(using: &generator) ?? [], at: place)
            case 2 where place < bytes.count:
                bytes.removeSubrange(place..<min(place + 3, bytes.count))
            default:
                let other = samples.randomElement(using: &generator) ?? []
                bytes.insert(contentsOf: other.prefix(40), at: place)
            }
        }
        return bytes
    }

    @Test func mutatedFilesNeverTrapAndEveryDiagnosticCanBeShown() {
        var generator = Generator(state: 2)
        var diagnosticCount = 0
        for _ in 0..<20_000 {
            let bytes = mutated(&generator)
            var all: [Diagnostic] = []
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: all = HaCfParser.parse(ConfigurationFile(name: "f", bytes: bytes)).1.all
            case 1:
                all =
                    HaresourcesParser.parse(
                        ConfigurationFile(name: "f", bytes: bytes),
                        nodes: ["l0", "l1"],
                        stateless: []
                    ).1.all
            case 2: all = AuthkeysParser.parse(ConfigurationFile(name: "f", bytes: bytes)).1.all
            default: all = MonCfParser.parse(ConfigurationFile(name: "f", bytes: bytes)).1.all
            }
            for diagnostic in all {
                diagnosticCount += 1
                guard let excerpt = diagnostic.excerpt else { continue }
                if diagnostic.caret > excerpt.count || diagnostic.column < 1 {
                    Issue.record("caret beyond the line: \(diagnostic) of \(bytes)")
                }
            }
        }
        #expect(diagnosticCount > 20_000)
    }

    @Test(arguments: [
        ("stateless", RandomBytesTests.lines(300, "stateless s#")),
        ("parallel", RandomBytesTests.lines(300, "parallel s#")),
        ("timeouts", RandomBytesTests.lines(300, "timeout t# start 1")),
        ("heartbeat links", RandomBytesTests.lines(70, "bcast e#")),
    ])
    func whatGrowsWithHaCfIsBounded(things: String, text: String) {
        let (_, diagnostics) = haCf(goodHaCf + text)
        let errors = diagnostics.filter { $0.severity == .error }
        #expect(!errors.isEmpty)
        #expect(errors.allSatisfy { $0.code == .tooMany && $0.message.contains(things) })
    }

    @Test(arguments: [
        ("watches", RandomBytesTests.lines(1_002, "watch w#")),
        ("host groups", RandomBytesTests.lines(1_002, "hostgroup h#")),
        ("hosts in a group", "hostgroup h a\n" + RandomBytesTests.lines(1_002, "host#")),
        ("services in a watch", "watch w\n" + RandomBytesTests.lines(5_002, "service s#")),
        (
            "periods in a service",
            "watch w\nservice s\n" + RandomBytesTests.lines(102, "period p#: ")
        ),
    ])
    func whatGrowsWithMonCfIsBounded(things: String, text: String) {
        let errors = monCf(text).1.filter { $0.severity == .error && $0.code == .tooMany }
        #expect(errors.count == 1)
        #expect(errors.allSatisfy { $0.message.hasSuffix(things) })
    }

    @Test func aLineBeyondTheLimitIsCutAndSaid() {
        let (_, diagnostics) = haCf(goodHaCf + String(repeating: "x", count: 20_000) + "\n")
        #expect(diagnostics.map(\.code) == [.unknownDirective, .tooLarge])
    }

    @Test func wholeSetsOfMutatedFilesNeverTrap() {
        var generator = Generator(state: 3)
        for _ in 0..<300 {
            let files = ConfigurationFiles(
                haCf: ConfigurationFile(
                    name: "a",
                    bytes: Array(goodHaCf.utf8) + mutated(&generator)
                ),
                haresources: ConfigurationFile(name: "b", bytes: mutated(&generator)),
                authkeys: ConfigurationFile(name: "c", bytes: goodKeys.bytes + mutated(&generator)),
                monCf: ConfigurationFile(name: "d", bytes: mutated(&generator))
            )
            let check = ConfigurationCheck(files, node: "l0", peer: files)
            #expect((check.configuration == nil) == check.hasErrors)
            if let configuration = check.configuration {
                #expect(!Protection(configuration).text.isEmpty)
                #expect(configuration.settings().groups.count == configuration.groups.count)
            }
        }
    }

    @Test func bytesSurviveTextWhateverTheyAre() {
        var generator = Generator(state: 4)
        for _ in 0..<500 {
            var bytes = (0..<40).map { _ in UInt8.random(in: 0x80...0xff, using: &generator) }
            bytes += pieces.randomElement(using: &generator)?.filter { $0 > 0x20 } ?? []
            let source = SourceText(ConfigurationFile(name: "f", bytes: [65] + bytes + [65]))
            var text = String.UnicodeScalarView()
            text.append(contentsOf: source.lines[0])
            #expect(RawByte.bytes(of: String(text)) == [65] + bytes + [65])
        }
    }
}
