// Which program serves a resource, place by place.

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
