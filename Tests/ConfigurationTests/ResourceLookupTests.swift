// Which program serves a resource, place by place.

import Failover
import Testing

@testable import Configuration

@Suite("Looking up a resource's program")
struct ResourceLookupTests {
    private let lookup = ResourceLookup(configuration: "/c")

    private func program(
        _ type: String,
        _ arguments: [String] = [],
        there: Set<String>
    ) -> ResourceProgram? {
        lookup.program(
            type: type,
            arguments: arguments,
            isExecutable: there.contains,
            exists: there.contains
        )
    }

    @Test("The instance's own script stands before Heartbeat's")
    func ownScriptFirst() {
        let found = program("db", ["r0"], there: ["/c/resource.d/db", "/etc/ha.d/resource.d/db"])
        #expect(found?.path == "/c/resource.d/db")
        #expect(found?.arguments(for: "start") == ["r0", "start"])
    }

    @Test("An agent has its parameters in the environment, and is asked by monitor")
    func agent() throws {
        let path = "/usr/lib/ocf/resource.d/heartbeat/pgsql"
        let found = try #require(
            program("ocf:heartbeat:pgsql", ["pgdata=/a=b", "pgport=1"], there: [path])
        )
        #expect(found.kind == .agent && found.path == path)
        #expect(found.arguments(for: "status") == ["monitor"])
        #expect(found.arguments(for: "stop") == ["stop"])
        let environment = found.environment(timeout: 2_500_000_000)
        for word in [
            "OCF_ROOT=/usr/lib/ocf", "OCF_RESOURCE_TYPE=pgsql", "OCF_RESKEY_pgdata=/a=b",
            "OCF_RESKEY_pgport=1", "OCF_RESKEY_CRM_meta_timeout=2500",
        ] {
            #expect(environment.contains(word))
        }
        let other = program("ocf:heartbeat:pgsql", ["pgport=2"], there: [path])
        func instance(_ program: ResourceProgram?) -> String? {
            program?.environment.first { $0.hasPrefix("OCF_RESOURCE_INSTANCE=") }
        }
        #expect(instance(found) != instance(other))
        #expect(program("ocf:heartbeat:pgsql", there: []) == nil)
        #expect(
            lookup.lack(of: "ocf:heartbeat:pgsql", arguments: [], exists: { _ in false })
                == "there is no agent \(path): apt install resource-agents, or correct its name"
        )
    }

    @Test(
        "Heartbeat's scripts that are agents today: their words become parameters",
        arguments: [
            ("MailTo", ["root", "my subject"], ["email=root", "subject=my subject"]),
            ("MailTo", ["root"], ["email=root"]),
            ("IPsrcaddr", ["10.0.0.1"], ["ipaddress=10.0.0.1"]),
            ("SendArp", ["10.0.0.1/eth0"], ["ip=10.0.0.1", "nic=eth0"]),
            ("LVM", ["vg0"], ["volgrpname=vg0"]),
            (
                "Raid1", ["/etc/md.conf", "/dev/md0"],
                ["raidconf=/etc/md.conf", "raiddev=/dev/md0"]
            ),
        ]
    )
    func scripts(type: String, words: [String], parameters: [String]) throws {
        let path = "/usr/lib/ocf/resource.d/heartbeat/\(type)"
        let found = try #require(program(type, words, there: [path]))
        #expect(found.kind == .agent && found.path == path)
        let given = found.environment.filter { $0.hasPrefix("OCF_RESKEY_") }
        #expect(given == parameters.map { "OCF_RESKEY_\($0)" })
        // A script of that name stands before the agent.
        let script = "/etc/ha.d/resource.d/\(type)"
        #expect(program(type, words, there: [path, script])?.path == script)
        #expect(program(type, words, there: []) == nil)
        #expect(
            lookup.lack(of: type, arguments: words, exists: { _ in false })
                .hasSuffix(": apt install resource-agents")
        )
    }

    @Test("A unit by name: a service unless it says what it is, and only where systemd runs")
    func unit() {
        func unit(_ name: String, _ there: Set<String> = ["/run/systemd/system"])
            -> ResourceProgram?
        {
            program("systemd", [name], there: there)
        }
        #expect(unit("nginx")?.arguments == ["nginx.service"])
        #expect(unit("nginx")?.kind == .unit)
        #expect(unit("srv-data.mount")?.arguments(for: "start") == ["start", "srv-data.mount"])
        #expect(
            unit("postfix@-.service")?.arguments(for: "status") == [
                "is-active", "postfix@-.service",
            ]
        )
        #expect(unit("nginx", []) == nil)
        #expect(
            lookup.lack(of: "systemd", arguments: ["nginx"], exists: { _ in false })
                == "systemd does not run on this machine (no /run/systemd/system)"
        )
    }

    @Test("What an agent advises counts where ha.cf says nothing, and its text may be anything")
    func advice() throws {
        let file = ConfigurationFile(
            name: "haresources",
            text: "l0 10.0.0.1 ocf:a:b::x=1 ocf:a:b \\\n ocf:a:../x ocf::y ocf:c:d:e ocf:p:q\n"
        )
        #expect(OCFMetaData.types(in: file) == ["ocf:a:b", "ocf:p:q"])
        let metaData = """
            <actions><action name="start" timeout="120s" /><action name='stop' timeout = '90' />
            <action name="monitor" timeout="30s" interval="9s"/><action name="monitor" timeout="1min" role="Promoted"/>
            <action timeout="5"/><action name="start" timeout="-1"><action name="stop" timeout="99999999999999999999">
            """
        let lines = OCFMetaData.advice(type: "ocf:a:b", metaData: metaData)
        #expect(lines == "ocf:a:b start 120000\nocf:a:b stop 90000\nocf:a:b status 60000\n")
        for text in ["", "<", "<action", "<action name=\"", "<action name=\"start\" timeout=\"\">"]
        {
            #expect(OCFMetaData.advice(type: "ocf:a:b", metaData: text) == "")
        }
        let limits = OCFMetaData.limits(
            in: ConfigurationFile(name: "meta-data", text: lines + "x\n")
        )
        let resource = Resource(
            type: "ocf:a:b",
            arguments: [],
            text: "ocf:a:b",
            addresses: nil,
            isStateless: false
        )
        var timeouts = OperationTimeouts(advice: limits)
        #expect(timeouts.limit(for: resource, .stop) == .seconds(90))
        timeouts.rules = [.init(subject: nil, operation: .stop, limit: .seconds(5))]
        #expect(timeouts.limit(for: resource, .stop) == .seconds(5))
        #expect(timeouts.limit(for: resource, .status) == .seconds(60))
    }

    @Test("What an agent says when it fails begins with its reason")
    func agentText() {
        #expect(
            OCFAgentText.failure(exitCode: 5, output: "a\nocf-exit-reason:no nginx\nb")
                == "no nginx\na\nocf-exit-reason:no nginx\nb"
        )
        #expect(OCFAgentText.failure(exitCode: 6, output: "") == "its configuration is wrong")
    }

    @Test("Heartbeat's script stands before a unit and an init script")
    func order() {
        let unit: Set = ["/run/systemd/system", "/lib/systemd/system/db.service"]
        let rest = unit.union(["/etc/init.d/db"])
        #expect(
            program("db", there: rest.union(["/etc/ha.d/resource.d/db"]))?.kind == .resourceScript
        )
        #expect(program("db", there: rest)?.kind == .unit)
        #expect(program("db", there: ["/etc/init.d/db"])?.kind == .initScript)
        #expect(program("db", there: []) == nil)
    }

    @Test(
        "A built-in type is served by Baton's program or by nothing but a script of the instance's own"
    )
    func builtIn() {
        let heartbeats: Set = ["/etc/ha.d/resource.d/drbddisk"]
        let served = program(
            "drbddisk",
            ["r0"],
            there: heartbeats.union(["/usr/sbin/baton-resource"])
        )
        #expect(served?.kind == .builtIn)
        #expect(program("drbddisk", ["r0"], there: heartbeats) == nil)
        func lack(_ type: String, _ arguments: [String]) -> String {
            lookup.lack(
                of: type,
                arguments: arguments,
                exists: heartbeats.union(["/c/resource.d/x"]).contains
            )
        }
        #expect(lack("drbddisk", ["r0"]).contains("/usr/sbin/baton-resource"))
        #expect(lack("x", []) == "/c/resource.d/x is not executable: chmod +x it")
        #expect(lack("db", []).contains("/etc/ha.d/resource.d"))
        let own = program("drbddisk", ["r0"], there: heartbeats.union(["/c/resource.d/drbddisk"]))
        #expect(own?.kind == .resourceScript)
    }

    @Test("A unit counts only where systemd runs, and takes no arguments")
    func units() {
        let unit: Set = ["/lib/systemd/system/db.service"]
        #expect(program("db", there: unit) == nil)
        let booted = unit.union(["/run/systemd/system"])
        #expect(program("db", ["x"], there: booted) == nil)
        #expect(
            program("db", there: booted)?.arguments(for: "status") == ["is-active", "db.service"]
        )
        #expect(program("db", there: booted)?.arguments(for: "stop") == ["stop", "db.service"])
    }

    @Test(
        "A type that could lead out of the directories is no type",
        arguments: ["../x", "", ".x"]
    )
    func escapes(_ type: String) {
        let found = lookup.program(
            type: type,
            arguments: [],
            isExecutable: { _ in true },
            exists: { _ in true }
        )
        #expect(found == nil)
    }
}
