// Resource scripts that behave badly, and a world that does: what they leave behind, what cannot be
// ended, directories and numbers that are not as the daemon left them. One or two real daemons each.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite("A hostile world", .serialized, .enabled(if: Laboratory.isPossible, Laboratory.skipped))
struct HostileScriptTests {
    private func withPair(
        _ prepare: (LaboratoryPair) throws -> Void = { _ in },
        _ story: (LaboratoryPair) throws -> Void
    ) throws {
        let pair = try LaboratoryPair()
        try pair.tell(isStarted: false) { _, _ in
            try prepare(pair)
            try story(pair)
        }
    }

    private func wait(forFile path: String) throws {
        try Laboratory.wait(for: path) { Files.exists(path) ? () : nil }
    }

    @Test("A service that goes on writing to its start script's output lives, whoever is replaced")
    func chattyService() throws {
        try withPair { pair in
            let service = """
                if [ $action = start ]; then
                    (
                        until [ -e "$BATON_RUN/say" ]; do sleep 0.02; done
                        echo one line; : > "$BATON_RUN/said"
                        until [ -e "$BATON_RUN/say-more" ]; do sleep 0.02; done
                        echo another; : > "$BATON_RUN/said-more"
                    ) &
                fi
                """
            try pair.l0.writeScript("two", before: service)
        } _: { pair in
            try pair.start()
            let run = pair.l0.directory + "/run/"
            _ = try Files.openAppending(run + "say")
            try wait(forFile: run + "said")
            let old = try pair.l0.processes()["spawner"]
            try pair.l0.send(.kill, to: try #require(old))
            try Laboratory.wait(for: "another spawner") {
                let new = try pair.l0.processes()["spawner"]
                return new != nil && new != old ? () : nil
            }
            _ = try Files.openAppending(run + "say-more")
            try wait(forFile: run + "said-more")
            try Laboratory.wait(for: "the end of the drain") {
                try pair.l0.processes()["drain"] == nil ? () : nil
            }
        }
    }

    @Test("A background child that fills the output for ever delays no operation")
    func flood() throws {
        try withPair { pair in
            let flood = "[ $action = start ] && { yes & echo $! > \"$BATON_RUN/pid\"; }"
            try pair.l0.writeScript("one", before: flood)
        } _: { pair in
            defer {
                if let process = StateFile.number(pair.l0.directory + "/run/pid") {
                    try? pair.l0.send(.kill, to: ProcessID(rawValue: Int32(process)))
                }
            }
            try pair.start()
            #expect(pair.l0.log == ["one start", "two start"])
        }
    }

    // A process that has left its group stands for one that hangs in the kernel: KILL reaches
    // neither.
    @Test(
        "A stop that not even KILL ends resets the node instead of waiting for ever",
        .enabled(if: Files.isExecutable("/usr/bin/perl"), "skipped: needs perl")
    )
    func unkillable() throws {
        try withPair { pair in
            let hang = """
                [ $action = stop ] && exec /usr/bin/perl -e '
                    my $pid = fork; if (!$pid) { setpgrp(0, 0); sleep 60; exit }
                    select(undef, undef, undef, 0.1); setpgrp(0, $pid);
                    open F, ">", "$ENV{BATON_RUN}/pid"; print F "$$\n"; close F;
                    $SIG{TERM} = "IGNORE"; sleep 60'
                """
            try pair.l0.writeScript("two", before: hang)
            let reset = "#!/bin/sh\n: > \(pair.l0.directory)/reset-done\n"
            try pair.l0.write("reset", reset, mode: 0o755)
            for node in [pair.l0, pair.l1] {
                let path = node.directory + "/config/ha.cf"
                let text = String(decoding: try Files.read(path, maximum: 4096), as: UTF8.self)
                try node.write("ha.cf", text + "timeout two stop 500ms\n")
            }
        } _: { pair in
            try pair.start()
            #expect(try pair.l0.reply(.standby(.all)).outcome == .failed)
            try wait(forFile: pair.l0.directory + "/reset-done")
            #expect(try pair.l1.status().groups.first?.state == .standby)
            #expect(pair.l1.log == [])
            let process = try #require(StateFile.number(pair.l0.directory + "/run/pid"))
            let identity = try ProcessIdentity(of: ProcessID(rawValue: Int32(process)))
            _ = try ProcessHandle(identity).sendToGroup(.kill)
            try pair.l0.send(.kill, to: identity.id)
        }
    }

    @Test("A cleared RUN directory resets nobody: operations find their place again")
    func clearedRun() throws {
        try withPair { pair in
            let path = "\"${BATON_RUN%/run}/is-two\""
            for node in [pair.l0, pair.l1] {
                for type in ["one", "two"] {
                    try node.write(
                        "resource.d/\(type)",
                        """
                        #!/bin/sh
                        for action; do :; done
                        case $action in
                        start) : > \(path) ;;
                        stop) rm -f \(path) ;;
                        status) [ -e \(path) ] && echo running || { echo stopped; exit 3; } ;;
                        esac

                        """,
                        mode: 0o755
                    )
                }
            }
            let reset = "#!/bin/sh\n: > \(pair.l0.directory)/reset-done\n"
            try pair.l0.write("reset", reset, mode: 0o755)
        } _: { pair in
            try pair.start()
            let run = pair.l0.directory + "/run"
            let child = try ChildProcess(Linux.Command("/bin/rm", ["-rf", run]))
            #expect(try Laboratory.finish(child).code == 0)
            #expect(try pair.l1.reply(.takeover(.all)).outcome == .done)
            try pair.l1.wait(until: .active)
            #expect(!Files.exists(pair.l0.directory + "/reset-done"))
        }
    }

    @Test("A machine's own address in haresources is refused, and stays on its device")
    func ownAddress() throws {
        try withPair { pair in
            let words = "l0 IPaddr2::10.199.0.1/24/eth0\n"
            try pair.l0.write("haresources", words)
            let refused = try Laboratory.finish(ChildProcess(pair.l0.command()))
            #expect(refused.code == 2)
            #expect(refused.text.contains("10.199.0.1 is on eth0 already"))
            try pair.l0.write("haresources", LaboratoryPair.haresources)
            try pair.start()
            try pair.l0.write("haresources", LaboratoryPair.haresources + words)
            let reply = try pair.l0.reply(.reload(exec: false))
            #expect(reply.outcome == .refused)
            #expect(reply.text.contains("10.199.0.1 is on eth0 already"))
            #expect(try pair.l0.has("10.199.0.1"))
        }
    }

    @Test("A group's address that somebody removed, by hand or with its device, is put back")
    func removedAddress() throws {
        try withPair { pair in
            try pair.start()
            let address = LaboratoryPair.address
            let inside = "-n \(pair.l0.namespace)"
            try Laboratory.ip("\(inside) addr del \(address)/24 dev eth0")
            try Laboratory.wait(for: "the address") { try pair.l0.has(address) ? () : nil }
            try Laboratory.ip("\(inside) link del eth0")
            try Laboratory.wait(for: "words about it") {
                pair.l0.output.contains("cannot be put back now") ? () : nil
            }
            try Laboratory.ip(
                "link add eth0 netns \(pair.l0.namespace) type veth peer name eth0"
                    + " netns \(pair.l1.namespace)"
            )
            try Laboratory.ip("\(inside) link set eth0 up")
            try Laboratory.wait(for: "the address") { try pair.l0.has(address) ? () : nil }
            #expect(pair.l0.log == ["one start", "two start"])
            #expect(pair.l1.log == [])
        }
    }

    @Test("Numbers in STATE that nobody wrote end no loop")
    func numbers() throws {
        try withPair { pair in
            for node in [pair.l0, pair.l1] {
                for file in ["reset", "incarnation"] {
                    let file = try Files.openAppending("\(node.directory)/state/\(file)")
                    _ = try file.write(Array("-9223372036854775808\n".utf8))
                }
            }
        } _: { pair in
            try pair.start()
            #expect(try pair.l0.status().counters["loops_replaced"] == 0)
        }
    }
}
