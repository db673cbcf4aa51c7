// greenarrow beside a stand-in for its script that prints what the administration page describes: a line for each
// service, two of them down by design, what is abnormal in red.

import Foundation
import Testing

@testable import Resources

/// A `service` that keeps the state of each of its services in a file.
private final class Services {
    let scratch: Scratch

    static let names = [
        "hvmail-qmail-send", "hvmail-qmail-smtpd", "hvmail-qmail-smtpd3", "hvmail-dnscache",
        "hvmail-httpd", "hvmail-postgres",
    ]

    /// `slow` services come up, and go, only at the second look.
    init(slow: Bool = false) throws {
        scratch = try Scratch()
        let script = """
            #!/bin/sh
            [ "$1" = greenarrow ] || { echo "$1: unrecognized service" >&2; exit 1; }
            cd \(scratch.path)
            byDesign() { [ $1 = hvmail-qmail-smtpd3 ] || [ $1 = hvmail-dnscache ]; }
            case $2 in
            start) for s in \(Services.names.joined(separator: " ")); do
                     [ -e broken-$s ] || byDesign $s || : >up-$s; done
                   [ ! -e slow ] || : >late ;;
            stop) for s in up-*; do [ -e stubborn-${s#up-} ] || rm -f $s; done ;;
            status)
                echo 'GreenArrow services:'
                for s in \(Services.names.joined(separator: " ")); do
                    [ ! -e hangs-$s ] || sleep 60
                    if [ -e up-$s ] && [ ! -e late ]; then echo "/service/$s: up (pid 123) 45 seconds"
                    elif byDesign $s; then echo "/service/$s: down 45 seconds"
                    else printf '\\033[1;31m/service/%s: down 2 seconds, normally up\\033[0m\\n' $s; fi
                done
                rm -f late
                exit 1 ;;
            esac

            """
        try script.write(toFile: scratch.path + "/service", atomically: true, encoding: .utf8)
        try Program.shell("chmod +x \(scratch.path)/service")
        if slow { try touch("slow") }
    }

    func touch(_ name: String) throws { try Program.shell(": >\(scratch.path)/\(name)") }
    func remove(_ name: String) throws { try Program.shell("rm -f \(scratch.path)/\(name)") }

    func act(_ action: String, _ words: String..., milliseconds: Int = 20_000) throws -> Run {
        try Program.run(
            Program.resource,
            ["greenarrow"] + words + [action],
            environment: [
                "PATH": "\(scratch.path):/usr/sbin:/usr/bin:/sbin:/bin",
                "BATON_TIMEOUT": "\(milliseconds)",
            ]
        )
    }
}

@Suite("GreenArrow")
struct GreenArrowTests {
    @Test(
        "It comes up, is asked, and goes; what is down by design is no failure",
        arguments: [false, true]
    )
    func life(slow: Bool) throws {
        let services = try Services(slow: slow)
        #expect(try services.act("ready").exit == 0)
        #expect(
            try services.act("status") == Run(exit: 3, output: "stopped: all 6 services are down\n")
        )
        #expect(try services.act("start") == Run(exit: 0, output: "4 services are up\n"))
        #expect(try services.act("start").exit == 0)
        #expect(try services.act("monitor") == Run(exit: 0, output: "running: 4 services are up\n"))
        #expect(try services.act("stop") == Run(exit: 0, output: "all services are down\n"))
        #expect(try services.act("monitor").exit == 3)
        #expect(try services.act("stop").exit == 0)
    }

    @Test("A service that is down is named, unless it is down by design")
    func down() throws {
        let services = try Services()
        #expect(try services.act("start").exit == 0)
        try services.remove("up-hvmail-httpd")
        #expect(
            try services.act("monitor")
                == Run(exit: 1, output: "/service/hvmail-httpd: down 2 seconds, normally up\n")
        )
        #expect(try services.act("status").exit == 0)
        let designed = ["hvmail-qmail-smtpd3", "hvmail-dnscache", "hvmail-httpd"]
        #expect(try services.act("monitor", designed[0], designed[1], designed[2]).exit == 0)
        // Named alone, the two are no longer meant.
        let answer = try services.act("monitor", "hvmail-httpd")
        #expect(answer.exit == 1)
        #expect(answer.output.contains("hvmail-dnscache: down 45 seconds"))
    }

    @Test("A service that does not come up, or does not go, ends the action and is named")
    func stuck() throws {
        let services = try Services()
        try services.touch("broken-hvmail-postgres")
        #expect(
            try services.act("start", milliseconds: 2000)
                == Run(
                    exit: 1,
                    output: "not up: /service/hvmail-postgres: down 2 seconds, normally up\n"
                )
        )
        try services.touch("stubborn-hvmail-httpd")
        #expect(
            try services.act("stop", milliseconds: 2000)
                == Run(
                    exit: 1,
                    output: "still up: /service/hvmail-httpd: up (pid 123) 45 seconds\n"
                )
        )
    }

    @Test("A status that hangs before its end says nothing: least of all that all is down")
    func halfStatus() throws {
        let services = try Services()
        #expect(try services.act("start").exit == 0)
        try services.touch("stubborn-hvmail-postgres")
        try services.touch("hangs-hvmail-postgres")
        let stop = try services.act("stop", milliseconds: 2000)
        #expect(stop.exit == 1)
        #expect(
            stop.output.contains("'service greenarrow status' did not come to its end: service did")
        )
        #expect(try services.act("status", milliseconds: 1000).exit == 4)
        #expect(try services.act("monitor", milliseconds: 1000).exit == 4)
        #expect(try services.act("ready", milliseconds: 1000).exit == 1)
    }

    @Test("A machine without GreenArrow is not ready, and says nothing of it")
    func absent() throws {
        let services = try Services()
        try "#!/bin/sh\necho greenarrow: unrecognized service; exit 1\n"
            .write(toFile: services.scratch.path + "/service", atomically: false, encoding: .utf8)
        #expect(try services.act("ready").exit == 1)
        let answer = try services.act("status")
        #expect(answer.exit == 4)
        #expect(answer.output.contains("names no service"))
    }

    @Test("Red is abnormal also where the word is up, and other text is no service")
    func lines() {
        let status = GreenArrowStatus(
            """
            GreenArrow 4.2 up to date
            hvmail-send: up (pid 7) 12 seconds
            \u{1b}[31mhvmail-httpd  UP  (restarting)\u{1b}[0m
            hvmail-dnscache  down
            \u{1b}[32mhvmail-smtpd: up\u{1b}[m
            up

            """
        )
        #expect(
            status.services.map(\.name)
                == ["hvmail-send", "hvmail-httpd", "hvmail-dnscache", "hvmail-smtpd"]
        )
        #expect(
            status.faults(downByDesign: ["hvmail-dnscache"]).map(\.text)
                == ["hvmail-httpd  UP  (restarting)"]
        )
    }
}
