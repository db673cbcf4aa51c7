// fping.monitor on the loopback device, and in a namespace with a host that does not answer.

import Testing

@Suite(.needsRoot) struct FpingMonitorTests {
    @Test func bothFamiliesAnswer() throws {
        #expect(
            try monitor("fping.monitor", "127.0.0.1", "::1", "localhost")
                == Ended(code: 0, output: "")
        )
    }

    /// In a namespace of its own: 10.99.0.1 is ours, .2 belongs to nobody, 192.0.2.1 has no route.
    private func inside(_ words: String) throws -> Ended {
        let script = """
            ip link set lo up; ip link add v0 type veth peer name v1
            ip link set v0 up; ip link set v1 up; ip addr add 10.99.0.1/24 dev v0
            exec "$1" fping.monitor \(words)
            """
        return try Running(
            "/usr/bin/unshare",
            ["-n", "sh", "-euc", script, "sh", Program.monitor]
        ).end()
    }

    @Test func whoDoesNotAnswerIsNamedAndTheOthersAreNot() throws {
        #expect(
            try inside("-r 1 -t 2000 10.99.0.2 10.99.0.1 192.0.2.1")
                == Ended(
                    code: 1,
                    output: """
                        10.99.0.2 192.0.2.1
                        10.99.0.2: unreachable: no answer
                        192.0.2.1: unreachable: Network is unreachable

                        """
                )
        )
    }

    @Test func withAllOneAnswerIsEnough() throws {
        #expect(try inside("-a -r 0 -t 4000 10.99.0.2 10.99.0.1") == Ended(code: 0, output: ""))
        #expect(try inside("-a -r 0 -t 50 10.99.0.2 10.99.0.3").code == 1)
    }

    @Test func retriesTakeTheirTimeAndNoMore() throws {
        let begin = ContinuousClock.now
        #expect(try inside("-r 3 -t 100 10.99.0.2").code == 1)
        #expect(ContinuousClock.now - begin > .milliseconds(400))
        #expect(ContinuousClock.now - begin < .seconds(30))
    }
}
