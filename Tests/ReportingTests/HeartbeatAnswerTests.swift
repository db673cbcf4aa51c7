import Failover
import Reporting
import Testing

@Suite("What cl_status answers")
struct HeartbeatAnswerTests {
    private func questions(_ status: Status, forPeople: Bool = false) -> HeartbeatQuestions {
        HeartbeatQuestions(status, isForPeople: forPeople)
    }

    @Test("Nodes are listed one a line, ping nodes apart, details with -v")
    func nodes() {
        let asked = questions(Sample.healthy)
        #expect(
            asked.nodes(wantsPing: false, wantsNormal: false, isVerbose: false)
                == HeartbeatAnswer(output: "l0\nl1\n")
        )
        #expect(
            asked.nodes(wantsPing: true, wantsNormal: false, isVerbose: false)
                == HeartbeatAnswer(output: "")
        )
        #expect(
            asked.nodes(wantsPing: true, wantsNormal: true, isVerbose: true).output
                == "\nl0\tactive\t(nodetype: normal)\n\teth1\tup\n\n"
                + "l1\tactive\t(nodetype: normal)\n\teth1\tup\n"
        )
    }

    @Test(
        "A peer's state in Heartbeat's words",
        arguments: [
            (PeerState.alive, "active", Int32(0)), (.late, "active", 0), (.silent, "dead", 1),
            (.dead, "dead", 1), (.unknown, "init", 1),
        ]
    )
    func nodeStatus(state: PeerState, word: String, code: Int32) {
        var status = Sample.healthy
        status.peer.state = state
        #expect(
            questions(status).nodeStatus("l1")
                == HeartbeatAnswer(output: word + "\n", exitCode: code)
        )
        #expect(
            questions(status, forPeople: true).nodeStatus("l1").output
                == "The cluster node l1 is \(word)\n"
        )
        #expect(questions(status).nodeStatus("l0") == HeartbeatAnswer(output: "active\n"))
    }

    @Test("An unknown node is a parameter error, an unknown link another one")
    func unknown() {
        let asked = questions(Sample.healthy)
        for answer in [asked.nodeStatus("x"), asked.nodeType("x"), asked.nodeSite("x")] {
            #expect(answer.exitCode == 11)
            #expect(answer.errors == "Error. May be due to incorrect node name\n")
        }
        #expect(asked.nodeWeight("x").errors == "Error. Maybe due to incorrect node name.\n")
        #expect(asked.linkStatus("l1", "eth9").exitCode == 13)
        #expect(asked.links("x", isVerbose: false).exitCode == 13)
    }

    @Test("Links go by their device, up while one of the device's links is")
    func links() {
        var status = Sample.healthy
        status.links = [
            LinkStatus(name: "bcast eth1", kind: .configured, state: .down),
            LinkStatus(name: "ucast eth1 10.0.0.2", kind: .configured, state: .late),
            LinkStatus(name: "ucast eth0 10.1.0.2", kind: .configured, state: .down),
            LinkStatus(name: "eth2 10.2.0.2", kind: .learnt, state: .up),
        ]
        let asked = questions(status)
        #expect(asked.links("l0", isVerbose: false).output == "\teth1\n\teth0\n")
        #expect(asked.links("l0", isVerbose: true).output == "\teth1\tup\n\teth0\tdead\n")
        #expect(asked.linkStatus("l1", "eth1") == HeartbeatAnswer(output: "up\n"))
        #expect(asked.linkStatus("l1", "eth0") == HeartbeatAnswer(output: "dead\n", exitCode: 1))
    }

    @Test("Only what runs here counts as held")
    func resources() {
        func word(_ states: [(GroupState, String)]) -> String {
            var status = Sample.healthy
            status.groups = states.map { state, preferred in
                var group = Sample.group(state: state, owner: "l0", resources: .running)
                group.preferred = preferred
                return group
            }
            return questions(status).resourceStatus.output
        }
        #expect(word([(.active, "l0"), (.active, "l1")]) == "all\n")
        #expect(word([(.active, "l0")]) == "all\n")
        #expect(word([(.active, "l0"), (.standby, "l1")]) == "local\n")
        #expect(word([(.standby, "l0"), (.active, "l1")]) == "foreign\n")
        #expect(word([(.standby, "l0"), (.standby, "l1")]) == "none\n")
        #expect(word([(.active, "l0"), (.releasing, "l1")]) == "transition\n")
        #expect(word([(.failed, "l0")]) == "transition\n")
        #expect(
            questions(Sample.healthy, forPeople: true).resourceStatus.output
                == "This node is holding all resources.\n"
        )
    }
}
