import Failover
import Reporting
import Testing

@Suite("Group lookup")
struct GroupLookupTests {
    private static func status(_ names: [String]) -> Status {
        var status = Sample.healthy
        status.groups = names.map { name in
            var group = Sample.group(state: .active, owner: "l0", resources: .running)
            group.name = name
            return group
        }
        return status
    }

    @Test(
        "Exact name, bare address, unique beginning, in this order",
        arguments: [
            ("10.0.0.1", "10.0.0.1/24/eth1:0"), ("10.0.0.10", "10.0.0.10"),
            ("10.0.0.1/", "10.0.0.1/24/eth1:0"),
            ("drbd", "drbddisk::r0"), ("10.0.0.7", "IPaddr2::10.0.0.7/24"),
            ("fd00::1", "fd00::1/64"),
            ("10.0.0.1/24/eth1:0", "10.0.0.1/24/eth1:0"),
        ]
    )
    func found(typed: String, name: String) {
        let status = Self.status([
            "10.0.0.1/24/eth1:0", "10.0.0.10", "drbddisk::r0", "IPaddr2::10.0.0.7/24", "fd00::1/64",
        ])
        #expect(GroupLookup(typed, in: status) == .found(name))
    }

    @Test("A beginning that several share names them; one that none has names all")
    func notFound() {
        let status = Self.status(["10.0.0.1", "10.0.0.2", "web"])
        #expect(GroupLookup("10.", in: status) == .ambiguous(["10.0.0.1", "10.0.0.2"]))
        #expect(GroupLookup("db", in: status) == .unknown(known: ["10.0.0.1", "10.0.0.2", "web"]))
        #expect(GroupLookup("", in: status) == .ambiguous(["10.0.0.1", "10.0.0.2", "web"]))
        #expect(GroupLookup("", in: Self.status(["web"])) == .ambiguous(["web"]))
    }
}
