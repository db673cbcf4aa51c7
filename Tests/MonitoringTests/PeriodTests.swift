// Periods against the answers of Perl's Time::Period, which mon asks: `RealMon/record-periods`.

import Foundation
import Testing

@testable import Configuration
@testable import Monitoring

@Suite struct PeriodTests {
    static let answers: [(period: String, answers: String)] = rows.dropFirst().map { row in
        let parts = row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        return (parts[0], parts.count > 1 ? parts[1] : "")
    }

    private static let rows: [String] = {
        let file = RealMonTests.folder.appendingPathComponent("periods.answers")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }()

    static let times = rows.first?.split(separator: " ").compactMap { Int64($0) } ?? []

    @Test("A period holds when Time::Period says so", arguments: answers.map(\.period))
    func holds(text: String) throws {
        let expected = try #require(Self.answers.first { $0.period == text }).answers
        let (read, diagnostics) = MonCfParser.parse(
            ConfigurationFile(
                name: "mon.cf",
                bytes: [UInt8]("watch g\nservice s\nperiod \(text)\n".utf8)
            )
        )
        #expect(diagnostics.all.filter { $0.severity == .error } == [])
        let period = try #require(read.watches.first?.services.first?.periods.first).period
        let ours = Self.times.map { period.holds(at: civil(epoch: $0)) ? "1" : "0" }.joined()
        #expect(ours == expected, "\(text)")
    }

    @Test("There are enough answers, and both kinds of them")
    func enough() {
        #expect(Self.answers.count > 40)
        #expect(Self.times.count == 80)
        let all = Self.answers.map(\.answers).joined()
        #expect(all.count { $0 == "0" } > 500 && all.count { $0 == "1" } > 500)
    }
}
