import Failover
import Reporting
import Testing

@Suite("Status text")
struct StatusTextTests {
    @Test(
        "Each situation reads as its golden text",
        arguments: Sample.Situation.allCases
    )
    func situation(_ situation: Sample.Situation) throws {
        let text = StatusText(width: 100).text(of: situation.status)
        try expectGolden(text, situation.rawValue + ".txt")
    }

    @Test("A narrow terminal loses the least important columns and wraps sentences")
    func narrow() throws {
        let text = StatusText(width: 40).text(of: Sample.takeoverHeld)
        try expectGolden(text, "takeover-held-40.txt")
    }

    @Test("A pipe gets whole sentences, one a line")
    func pipe() throws {
        let text = StatusText().text(of: Sample.takeoverHeld)
        #expect(text.contains("Why:           " + Sample.takeoverHeld.reason + "\n"))
    }

    @Test("Colours change nothing but colours")
    func colours() throws {
        let painted = StatusText(width: 100, usesColor: true).text(of: Sample.failedStart)
        try expectGolden(painted, "failed-start-colour.txt")
        let plain = painted.replacing(/\u{1b}\[[0-9;]*m/, with: "")
        #expect(plain == StatusText(width: 100).text(of: Sample.failedStart))
    }

    @Test("Output of a script cannot move the cursor")
    func controlCharacters() {
        let text = StatusText().text(of: Sample.failedStart)
        #expect(!text.unicodeScalars.contains("\u{1b}"))
        #expect(text.contains("      | mount: /local: can't read superblock on /dev/drbd0. [2J\n"))
    }

    @Test(
        "Whatever the state, the first line answers and a wrong one ends with what to type",
        arguments: [
            GroupState.standby, .acquiring, .active, .releasing, .suspended, .failed, .unknown,
        ],
        [PeerState.alive, .late, .silent, .dead, .unknown]
    )
    func alwaysAnswers(state: GroupState, peer: PeerState) {
        for owner in [nil, "l0", "l1"] {
            var status = Sample.healthy
            status.groups = [Sample.group(state: state, owner: owner, resources: .stopped)]
            status.peer.state = peer
            let verdict = Verdict(status)
            let isFine =
                peer == .alive
                && (state == .active
                    || owner == "l1"
                        && (state == .standby || state == .failed || state == .unknown))
            #expect((verdict.level == .fine) == isFine, "\(state) \(peer) \(owner ?? "-")")
            #expect((verdict.nextStep == nil) == isFine)
            #expect(!StatusText().text(of: status).contains(" \n"))
        }
    }

    @Test("An unfit standby node, a lost link and a failing monitor impair the service")
    func impaired() {
        var unfit = Sample.standbySide
        unfit.groups[0].fit = false
        unfit.groups[0].unfitReason = "a start failed here"
        #expect(
            Verdict(unfit).sentence
                == "The service runs, but l1 could not take 192.168.6.100: a start failed here."
                + " Its group runs on l0."
        )
        #expect(
            Verdict(unfit).nextStep == "repair that on l1, then there: baton takeover 192.168.6.100"
        )
        var full = Sample.healthy
        full.recordTrouble = "write /var/lib/baton/record.new: ENOSPC (No space left on device)"
        #expect(
            Verdict(full).sentence
                == "The service runs, but \(full.node) cannot write its durable record: write"
                + " /var/lib/baton/record.new: ENOSPC (No space left on device). Its group runs on l0."
        )
        #expect(Verdict(full).nextStep == "on l0, see the disk of that: df -h; dmesg | tail")
        unfit.groups[0].state = .unknown
        #expect(
            Verdict(unfit).sentence
                == "The service runs, but l1 still probes 192.168.6.100. Its group runs on l0."
        )
        #expect(Verdict(unfit).nextStep == "baton status")
        var cut = Sample.healthy
        cut.links.append(
            LinkStatus(name: "ucast eth0 192.168.6.2", kind: .configured, state: .down)
        )
        #expect(
            Verdict(cut).sentence
                == "The service runs, but heartbeat link ucast eth0 192.168.6.2 is down."
                + " Its group runs on l0."
        )
        #expect(Verdict(cut).nextStep == "ip link show eth0")
        var failing = Sample.healthy
        failing.monitors = [MonitorStatus(name: "aggregate/tcp", state: .failing)]
        #expect(
            Verdict(failing).sentence
                == "The service runs, but monitor aggregate/tcp is failing. Its group runs on l0."
        )
        #expect(Verdict(failing).nextStep == "baton monitors aggregate/tcp")
        failing.monitors.append(MonitorStatus(name: "aggregate/sql", state: .unknown))
        #expect(
            Verdict(failing).sentence
                == "The service runs, but nobody can tell whether aggregate/sql works (and 1 more)."
                + " Its group runs on l0."
        )
        failing.monitors = [
            MonitorStatus(name: "a/b", state: .idle), MonitorStatus(name: "a/d", state: .untested),
        ]
        #expect(Verdict(failing).level == .fine)
        // A database that died before its first good check: start_grace keeps the group, not the truth.
        failing.monitors.append(
            MonitorStatus(name: "a/c", state: .starting, summary: "no answer from l0")
        )
        #expect(Verdict(failing).level == .impaired)
        #expect(
            Verdict(failing).sentence
                == "The service runs, but a/c was started and has not passed its check yet: no answer from l0."
                + " Its group runs on l0."
        )
        #expect(Verdict(failing).nextStep == "baton monitors a/c")
        failing.monitors.append(MonitorStatus(name: "a/e", state: .failing))
        #expect(Verdict(failing).nextStep == "baton monitors a/e")
    }

    @Test("No name moves a terminal, whoever chose it", arguments: Sample.Situation.allCases)
    func names(situation: Sample.Situation) {
        var status = situation.status
        let words = "\u{1b}[2J\u{9b}2J\u{7f}"
        status.node += words
        status.peer.name += words
        for index in status.groups.indices {
            status.groups[index].name += words
            status.groups[index].owner? += words
            status.groups[index].whyNotMoved? += words
        }
        for index in status.monitors.indices {
            status.monitors[index].name += words
            status.monitors[index].groups = status.groups.map(\.name)
        }
        status.timing = TimingStatus(deadtimeMilliseconds: 3000, advice: words)
        let texts = [
            StatusText().text(of: status), StatusText().text(ofPeer: status, besides: status),
            MonitorsText().table(of: status),
        ]
        for text in texts {
            let controls = text.unicodeScalars.filter {
                $0 != "\n" && $0.properties.generalCategory == .control
            }
            #expect(controls.isEmpty, "\(text.debugDescription)")
        }
    }

    @Test("A service is never called fine while the core says what to type")
    func coreDisagrees() {
        var status = Sample.healthy
        status.reason = "192.168.6.100 is held by both nodes"
        status.nextStep = "baton standby 192.168.6.100"
        #expect(
            Verdict(status).sentence
                == "The service runs, but 192.168.6.100 is held by both nodes. Its group runs on l0."
        )
        #expect(Verdict(status).level == .impaired)
    }

    @Test("The core's word on what to type stands before any other")
    func coreWord() {
        #expect(Verdict(Sample.aloneAfterBoot).nextStep == "baton confirm-down l1")
    }
}
