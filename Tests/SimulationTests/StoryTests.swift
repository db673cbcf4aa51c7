// Stories as a whole: equal seeds, every topology, what HMAC prevents, how a bad story is shortened.

import Failover
import Foundation
import Testing

@testable import Simulation

@Suite struct StoryTests {
    @Test(arguments: Topology.allCases)
    func noStoryBreaksARule(topology: Topology) {
        let summary = Simulator(topology: topology).tell(count: 20, from: 1)
        #expect(summary.violation == nil, "story \(summary.badSeed ?? 0)")
        #expect(summary.stories == 20)
        #expect(summary.tally.acquired.reduce(0, +) > 20)
    }

    /// Stories in which the simulator once took for running what had been stopped or let go behind a suspended disk, or
    /// an old beat for news; and one (227,073) in which a node yielded to a suspended one that could not hear it.
    @Test(arguments: [7308, 11886, 56896, 116_008, 215_047, 224_256, 227_073] as [UInt64])
    func whatOnceWasMisjudgedHolds(seed: UInt64) {
        let violation = Simulator().tell(seed: seed).violation
        #expect(violation == nil, "\(violation?.text ?? "")")
    }

    @Test func equalSeedsGiveEqualDigestsAndOthersDoNot() {
        let simulator = Simulator()
        let digests = (1...8).map { simulator.tell(seed: $0).digest }
        #expect(digests == (1...8).map { simulator.tell(seed: $0).digest })
        #expect(Set(digests).count == 8)
    }

    @Test func equalSeedsGiveEqualDigestsInOtherProcesses() throws {
        // Each process seeds its dictionaries and sets differently: whoever iterates one is found here.
        let program = Bundle.main.executableURL?.deletingLastPathComponent().appending(
            path: "baton-simulate"
        )
        let built = ProcessInfo.processInfo.arguments.compactMap { argument -> URL? in
            guard argument.contains("/debug/") || argument.contains("/release/") else { return nil }
            return URL(filePath: argument).deletingLastPathComponent().appending(
                path: "baton-simulate"
            )
        }
        let found = ([program].compactMap { $0 } + built).first {
            FileManager.default.isExecutableFile(atPath: $0.path())
        }
        let executable = try #require(found, "baton-simulate is not built beside the tests")
        let simulator = Simulator()
        let own = (1...5 as ClosedRange<UInt64>).map {
            "\($0) \(String(simulator.tell(seed: $0).digest, radix: 16))"
        }
        for _ in 0..<2 {
            let process = Process()
            process.executableURL = executable
            process.arguments = ["--digest", "--stories", "5", "--seed", "1"]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let data = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(
                String.init
            )
            #expect(lines == own)
        }
    }

    /// A story in which somebody flips one bit of a datagram, again and again, and nothing else happens.
    private func forgers(seed: UInt64) -> Story {
        var story = Story(seed: seed, topology: .both)
        var dice = Dice(seed: seed, stream: 99)
        story.scenery.powerOn = [0, 0]
        story.deeds = (0..<40).map { index in
            Deed(
                at: 3 * second + Int64(index) * 50 * millisecond,
                kind: .forge(to: dice.below(2), how: .flipped, pick: dice.next())
            )
        }
        story.quietAt = 6 * second
        return story
    }

    @Test func withoutHMACForgedDatagramsAreBelieved() {
        let world = World(forgers(seed: 1), codec: .identity, writesTranscript: false)
        let verdict = world.tell()
        #expect(verdict.violation?.rule == "S6")
    }

    @Test func withHMACForgedDatagramsChangeNothing() {
        for seed: UInt64 in 1...5 {
            let verdict = World(forgers(seed: seed), codec: .wire, writesTranscript: false).tell()
            #expect(verdict.violation == nil)
            #expect(verdict.tally.forged == 40)
        }
    }

    @Test func aBadStoryIsShortenedToTheDeedsItNeeds() throws {
        // Many harmless deeds around the forgery that only the identity codec lets through.
        var story = forgers(seed: 1)
        for index in 0..<6 {
            story.deeds.append(
                Deed(
                    at: 5 * second + Int64(index) * millisecond,
                    kind: .double(network: 0, perMille: 5, lasts: second)
                )
            )
        }
        story.deeds.sort { $0.at < $1.at }
        let before = World(story, codec: .identity, writesTranscript: false).tell()
        let violation = try #require(before.violation)
        var shrinker = Shrinker(story: story, violation: violation, codec: .identity)
        let short = shrinker.shrink()
        #expect(short.deeds.count == 1)
        let again = World(short, codec: .identity, writesTranscript: true)
        #expect(again.tell().violation?.rule == violation.rule)
        let lines = try #require(again.transcript?.lines)
        #expect(lines.contains { $0.contains("somebody sends") })
        #expect(lines.last?.contains("!!  S6 broken.") == true)
    }

    @Test func aTranscriptChangesNothing() {
        let story = Story(seed: 5, topology: nil)
        let silent = World(story, codec: .wire, writesTranscript: false).tell()
        let told = World(story, codec: .wire, writesTranscript: true).tell()
        #expect(silent.digest == told.digest)
    }

    @Test func withAllNetworksCutTheExceptionIsCountedAndNamed() {
        // Both alive, the only network cut for long: the configuration promises no more than S9 afterwards.
        var story = Story(seed: 3, topology: .one)
        story.scenery.unprovedTakeover = true
        story.scenery.groups = [GroupPlan(kind: .storage, preferred: 0)]
        story.scenery.powerOn = [0, 0]
        story.deeds = [
            Deed(
                at: 10 * second,
                kind: .cut(network: nil, way: .both, lasts: 40 * second, losesCarrier: false)
            )
        ]
        story.quietAt = 55 * second
        let verdict = World(story, codec: .wire, writesTranscript: false).tell()
        #expect(verdict.violation == nil)
        #expect(verdict.exceptions == Exception.allCases.map { $0 == .unprovedTakeover ? 1 : 0 })
    }

    @Test func withUnprovedTakeoverOffThatStoryHasOneHolder() {
        var story = Story(seed: 3, topology: .one)
        story.scenery.unprovedTakeover = false
        story.scenery.powerOn = [0, 0]
        story.deeds = [
            Deed(
                at: 10 * second,
                kind: .cut(network: nil, way: .both, lasts: 40 * second, losesCarrier: false)
            )
        ]
        story.quietAt = 55 * second
        let verdict = World(story, codec: .wire, writesTranscript: false).tell()
        #expect(verdict.violation == nil)
        #expect(verdict.exceptions.allSatisfy { $0 == 0 })
    }
}
