// Watched services with real daemons: a service that fails moves its group, on the terms of S7; monitors
// that misbehave move nothing; what the administrator says is heeded on both nodes.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite("Watched services", .serialized, .enabled(if: Laboratory.isPossible, Laboratory.skipped))
struct ServiceTests {
    /// A pair whose group has a monitor, with programs of its own in `mon.d` and `alert.d`.
    ///
    /// The program `probe` fails while RUN has a file `broken`.
    private func withPair(
        _ service: String,
        haCf: String = "",
        _ prepare: (LaboratoryNode) throws -> Void = { _ in },
        _ story: (LaboratoryNode, LaboratoryNode) throws -> Void
    ) throws {
        let pair = try LaboratoryPair()
        for node in [pair.l0, pair.l1] {
            for part in ["mon.d", "alert.d"] {
                try Files.makeDirectory("\(node.directory)/config/\(part)", mode: 0o755)
            }
            let probe = "#!/bin/sh\nif [ -e $BATON_RUN/broken ]; then echo web; exit 1; fi\n"
            try node.write("mon.d/probe", probe, mode: 0o755)
            try node.write("mon.cf", "hostgroup own localhost\nwatch own\n" + service)
            let path = node.directory + "/config/haresources"
            let groups = String(decoding: try Files.read(path, maximum: 4096), as: UTF8.self)
            try node.write("haresources", groups.trimmingNewlines + " monitor\n")
            let cf = String(
                decoding: try Files.read(node.directory + "/config/ha.cf", maximum: 4096),
                as: UTF8.self
            )
            try node.write("ha.cf", cf + "fit_settle 100ms\n" + haCf)
            try prepare(node)
        }
        try pair.tell(story)
    }

    private static let web = """
            service web
                interval 50ms
                monitor probe ;;
                monitor_action standby
                period
                    alertafter 2

        """

    private func wait(
        _ node: LaboratoryNode,
        _ name: String,
        until state: MonitorState
    ) throws {
        try Laboratory.wait(for: "\(name) \(state) on \(node.name)") {
            try node.status().monitors.first { $0.name == name }?.state == state ? () : nil
        }
    }

    private func setBroken(_ node: LaboratoryNode, _ isBroken: Bool) throws {
        let path = node.directory + "/run/broken"
        if isBroken { try Files.replaceDurably(path, with: []) } else { try Files.remove(path) }
    }

    @Test(
        "A service that fails moves the group; its node is held down until it is cleared, from either"
    )
    func move() throws {
        try withPair(Self.web) { l0, l1 in
            try wait(l0, "own/web", until: .ok)
            #expect(try l1.status().monitors.map(\.state) == [.idle])
            try setBroken(l0, true)
            try l1.wait(until: .active)
            let group = try l0.wait(until: .standby)
            #expect(!group.fit)
            #expect(group.heldDownMilliseconds != nil)
            #expect(l0.log.suffix(2) == ["two stop", "one stop"])
            // The administrator's word is needed before it goes back.
            #expect(try l1.reply(.standby(.all)).outcome == .refused)
            try setBroken(l0, false)
            #expect(try l1.reply(.clear(.all)).outcome == .done)
            try Laboratory.wait(for: "l0 fit") { try l0.status().groups[0].fit ? () : nil }
            #expect(try l1.reply(.standby(.all)).outcome == .done)
            try wait(l0, "own/web", until: .ok)
        }
    }

    @Test(
        "The published alert, hb_standby all, moves the group at most once, and only towards a fit peer"
    )
    func alert() throws {
        let service = """
                service web
                    interval 50ms
                    monitor probe
                    period wd {Sun-Sat}
                        alert ha-down.alert a "b c"
                        alertafter 2

            """
        let baton = try #require(Laboratory.batond).dropLast(1)
        try withPair(service) { node in
            try node.write(
                "alert.d/ha-down.alert",
                """
                #!/bin/sh
                printf '%s|' "$@" > $BATON_RUN/alert.arguments
                cat > $BATON_RUN/alert.input
                exec \(baton) standby all
                """,
                mode: 0o755
            )
        } _: { l0, l1 in
            try wait(l0, "own/web", until: .ok)
            #expect(
                try l0.reply(.freeze(.all, seconds: nil, by: "test", reason: "")).outcome == .done
            )
            try setBroken(l0, true)
            _ = try Laboratory.wait(for: "why it stays") { try l0.status().groups[0].whyNotMoved }
            #expect(try l0.status().groups[0].state == .active)
            #expect(try l1.reply(.thaw(.all)).outcome == .done)
            try l1.wait(until: .active)
            try l0.wait(until: .standby)
            let arguments = try text(l0, "alert.arguments")
            #expect(arguments.hasPrefix("-s|web|-g|own|-h|localhost|-t|"))
            #expect(arguments.hasSuffix("|a|b c|"))
            #expect(try text(l0, "alert.input") == "web\n")
            #expect(try l0.status().groups[0].heldDownMilliseconds != nil)
        }
    }

    private func text(_ node: LaboratoryNode, _ file: String) throws -> String {
        String(
            decoding: try Files.read("\(node.directory)/run/\(file)", maximum: 4096),
            as: UTF8.self
        )
    }

    @Test(
        "A monitor that hangs, dies by a signal, prints without end or is missing is unknown, and moves nothing"
    )
    func unknown() throws {
        let names = ["hangs", "dies", "prints", "missing"]
        let services = names.map {
            """
                service \($0)
                    interval 50ms
                    start_grace 0s
                    monitor_timeout 300ms
                    monitor \($0) ;;
                    monitor_action standby
                    period
                        alertafter 2

            """
        }
        try withPair(services.joined()) { node in
            try node.write(
                "mon.d/hangs",
                "#!/bin/sh\ntrap '' TERM\nsleep 1000; sleep 1000\n",
                mode: 0o755
            )
            try node.write("mon.d/dies", "#!/bin/sh\nkill -SEGV $$\n", mode: 0o755)
            try node.write(
                "mon.d/prints",
                "#!/bin/sh\nexec head -c 1000000000 /dev/zero\n",
                mode: 0o755
            )
        } _: { l0, l1 in
            for name in names { try wait(l0, "own/\(name)", until: .unknown) }
            #expect(try l0.status().groups[0].state == .active)
            #expect(try l1.status().groups[0].state == .standby)
            #expect(try l0.status().groups[0].failures == [])
        }
    }

    @Test("The helper of checks is replaced when it is killed, and the watching goes on")
    func helper() throws {
        try withPair(Self.web) { l0, l1 in
            try wait(l0, "own/web", until: .ok)
            let helper = try #require(try l0.processes()["checks"])
            try l0.send(.kill, to: helper)
            try Laboratory.wait(for: "another helper") {
                let now = try l0.processes()["checks"]
                return now != nil && now != helper ? () : nil
            }
            try setBroken(l0, true)
            try l1.wait(until: .active)
        }
    }

    @Test("A restarted daemon goes on with the watching, and gives what has passed no second grace")
    func adoption() throws {
        try withPair(Self.web) { l0, l1 in
            try wait(l0, "own/web", until: .ok)
            // What is remembered is on the disk.
            try Laboratory.wait(for: "the memory") {
                try? Files.read(l0.directory + "/state/monitors", maximum: 4096).isEmpty ? nil : ()
            }
            try l0.crash()
            try setBroken(l0, true)
            try l0.start()
            try l1.wait(until: .active)
            #expect(l0.log.prefix(2) == ["one start", "two start"])
        }
    }

    @Test(
        "People are told of a failed service, its move and its recovery, once each, by the program of ha.cf"
    )
    func notify() throws {
        let directory = "/tmp/baton-notify-\(ProcessID.current)-\(try Machine.randomWord())"
        try Files.makeDirectory(directory, mode: 0o755)
        defer {
            _ = try? Laboratory.finish(ChildProcess(Linux.Command("/bin/rm", ["-rf", directory])))
        }
        let tell =
            "#!/bin/sh\n{ echo \"$1 $BATON_EVENT $BATON_NODE\"; cat; echo; } >> \(directory)/$BATON_NODE\n"
        try Files.replaceDurably(directory + "/tell", with: Array(tell.utf8), mode: 0o755)
        try withPair(Self.web, haCf: "notify exec \(directory)/tell told\n") { l0, l1 in
            try wait(l0, "own/web", until: .ok)
            try setBroken(l0, true)
            try l1.wait(until: .active)
            let told = try Laboratory.wait(for: "the message of the move") {
                let bytes = try? Files.read(directory + "/l0", maximum: 1 << 16)
                let text = String(decoding: bytes ?? [], as: UTF8.self)
                return text.contains("given up") && text.contains("told service l0") ? text : nil
            }
            let subjects = told.split(separator: "\n").filter { $0.hasPrefix("[baton l0]") }
            let moves = subjects.filter { $0.contains("given up for l1: own/web: web") }
            let failures = subjects.filter { $0.contains("own/web failed: web") }
            #expect(moves.count == 1)
            #expect(failures.count == 1)
        }
    }

    @Test("A service that is switched off is not watched, also after a restart")
    func disable() throws {
        try withPair(Self.web) { l0, l1 in
            try wait(l0, "own/web", until: .ok)
            #expect(try l0.reply(.monitorsDisable(["nobody"])).outcome == .refused)
            #expect(try l0.reply(.monitorsDisable(["own/web"])).outcome == .done)
            try setBroken(l0, true)
            #expect(try l0.status().monitors.map(\.state) == [.disabled])
            try Laboratory.wait(for: "the memory") {
                let memory =
                    (try? Files.read(l0.directory + "/state/monitors", maximum: 4096)) ?? []
                return MonitorMemory(memory).disabled == ["own/web"] ? () : nil
            }
            try l0.crash()
            try l0.start()
            try l0.wait(until: .active)
            #expect(try l0.status().monitors.map(\.state) == [.disabled])
            // Watched again it starts afresh, with its grace.
            try setBroken(l0, false)
            #expect(try l0.reply(.monitorsEnable(["own"])).outcome == .done)
            try wait(l0, "own/web", until: .ok)
            try setBroken(l0, true)
            try l1.wait(until: .active)
        }
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        var text = self
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
