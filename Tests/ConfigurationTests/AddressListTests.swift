// Lists of addresses: what they hold, what is wrong with them, how two of them differ, and where haresources names them.

import Testing

@testable import Configuration

@Suite("Lists of addresses")
struct AddressListTests {
    private func list(_ text: String, device: String? = nil) -> ([String], [Diagnostic]) {
        let (found, list) = AddressList.parse(
            ConfigurationFile(name: "/etc/hvmail_primary_ips", text: text),
            device: device
        )
        return (found.map(\.listed), list.all)
    }

    private func group(
        _ haresources: String,
        _ lists: [String: String]
    ) -> ([ResourceGroup], [Diagnostic]) {
        var files = files("node l0 l1\nbcast eth1\nauto_failback off\n", haresources)
        files.lists = lists.map { ConfigurationFile(name: $0.key, text: $0.value) }
        let check = ConfigurationCheck(files)
        return (check.configuration?.groups ?? [], check.diagnostics)
    }

    @Test("The published example, with comments, blank lines, IPv6 and an address without a prefix")
    func reading() {
        let (found, said) = list(
            "# ours\n1.2.3.4/24\n\n1.2.3.5/24 # the second\r\n2001:db8::5/64\n1.2.4.9\n"
        )
        #expect(found == ["1.2.3.4/24", "1.2.3.5/24", "2001:db8::5/64", "1.2.4.9"])
        #expect(said.isEmpty)
    }

    @Test(
        "Each mistake names its line",
        arguments: [
            ("1.2.3.4/24\n1.2.3/24\n", "'1.2.3' is no IP address", 2),
            ("1.2.3.4/33\n", "'33' is no prefix length: 1 to 32", 1),
            ("1.2.3.4/24/eth0\n", "'1.2.3.4/24/eth0' is no ADDRESS/PREFIX", 1),
            ("1.2.3.4/24 eth0\n", "one address stands on a line", 1),
            ("# nothing\n", "the list is empty: its group would have no address", 0),
            ("fe80::1/64\n", "fe80::1 is an address of one link: the device must be named", 1),
        ]
    )
    func mistakes(text: String, message: String, line: Int) {
        let (_, said) = list(text)
        #expect(said.map(\.message) == [message])
        #expect(said.map(\.line) == [line])
        #expect(said.map(\.severity) == [.error])
    }

    @Test("An address that stands there twice is held once")
    func twice() {
        let (found, said) = list("1.2.3.4/24\n1.2.3.5/24\n1.2.3.4/24\n")
        #expect(found == ["1.2.3.4/24", "1.2.3.5/24"])
        #expect(said.map(\.message) == ["1.2.3.4 stands there twice: here and on line 1"])
    }

    @Test("A group has the addresses of its list, on its device")
    func grouping() throws {
        let (groups, said) = group(
            "l0 iplist::/etc/ips::dev=team1::hook=/usr/bin/vmta script\n",
            ["/etc/ips": "1.2.3.4/24\n1.2.3.5/24\n"]
        )
        #expect(said.isEmpty)
        let group = try #require(groups.first)
        #expect(group.name == "iplist::/etc/ips::dev=team1::hook=/usr/bin/vmta")
        #expect(group.addresses.map(\.listed) == ["1.2.3.4/24", "1.2.3.5/24"])
        #expect(group.addresses.map(\.device) == ["team1", "team1"])
        #expect(group.resources[0].list?.hook == "/usr/bin/vmta")
        #expect(group.resources[0].isStateless)
        #expect(group.resources[0].address?.listed == "1.2.3.4/24")
    }

    @Test("What the list holds is no part of the group's meaning, by which moves are refused")
    func meaning() {
        let one = group("l0 iplist::/etc/ips\n", ["/etc/ips": "1.2.3.4/24\n"]).0
        let two = group("l0 iplist::/etc/ips\n", ["/etc/ips": "1.2.3.9/24\n"]).0
        #expect(one[0].addressMeaning == two[0].addressMeaning)
        #expect(one[0].resourcesButLists == two[0].resourcesButLists)
        #expect(one[0] != two[0])
    }

    @Test(
        "Words that are none, and a file that is not there",
        arguments: [
            ("iplist::ips", "'ips' is no absolute path of a file"),
            ("iplist::/etc/ips::dev=", "'' is no device name"),
            ("iplist::/etc/ips::hook=vmta", "'vmta' is no absolute path of a program"),
            ("iplist::/etc/ips::eth0", "'eth0' is not known here, or stands there twice"),
            ("iplist::/etc/other", "there is no file '/etc/other', or it cannot be read"),
        ]
    )
    func words(resource: String, message: String) {
        let (_, said) = group("l0 \(resource)\n", ["/etc/ips": "1.2.3.4/24\n"])
        #expect(said.map(\.message) == [message])
    }

    @Test("An address belongs to one group, by list or by name")
    func duplicates() {
        let (_, said) = group(
            "l0 1.2.3.4/24 iplist::/etc/ips\n",
            ["/etc/ips": "1.2.3.5/24\n1.2.3.4/24\n"]
        )
        #expect(said.map(\.message) == ["'1.2.3.4' stands twice: here and on line 1, column 4"])
    }

    @Test("The files that haresources names, but not those of a comment")
    func paths() {
        let file = ConfigurationFile(
            name: "haresources",
            text:
                "l0 iplist::/etc/a::dev=eth0 iplist::/etc/b \\\n  iplist::/etc/c # iplist::/etc/d\n"
                + "l1 iplist::/etc/a iplist::nothing\n"
        )
        #expect(AddressList.paths(in: file) == ["/etc/a", "/etc/b", "/etc/c"])
    }

    @Test("Two lists differ by what one has and the other lacks, whatever their order and comments")
    func change() {
        func file(_ text: String) -> ConfigurationFile { ConfigurationFile(name: "/l", text: text) }
        let change = AddressListChange(
            from: file("1.2.3.4/24\n1.2.3.5/24\n1.2.3.6/24\n"),
            to: file("# new\n1.2.3.6/25\n1.2.3.4/24\n1.2.3.7/24\n")
        )
        #expect(change.added == ["1.2.3.6/25", "1.2.3.7/24"])
        #expect(change.removed == ["1.2.3.5/24", "1.2.3.6/24"])
        #expect(change.lines == "-1.2.3.5/24\n-1.2.3.6/24\n+1.2.3.6/25\n+1.2.3.7/24\n")
        #expect(
            change.words(added: "has", removed: "lacks")
                == "has 1.2.3.6/25, 1.2.3.7/24; lacks 1.2.3.5/24, 1.2.3.6/24"
        )
        #expect(AddressListChange(from: file("1.2.3.4/24\n"), to: file("1.2.3.4/24 # x\n")).isEmpty)
    }

    @Test("check tells how the other node's list differs")
    func comparison() {
        var mine = files("node l0 l1\nbcast eth1\nauto_failback off\n", "l0 iplist::/etc/ips\n")
        mine.lists = [ConfigurationFile(name: "/etc/ips", text: "1.2.3.4/24\n1.2.3.5/24\n")]
        var theirs = mine
        theirs.lists = [ConfigurationFile(name: "/etc/ips", text: "1.2.3.4/24\n")]
        let said = ConfigurationCheck(mine, peer: theirs).diagnostics
        #expect(said.map(\.message) == ["the list there is another one: lacks 1.2.3.5/24"])
        #expect(said.map(\.severity) == [.warning])
        #expect(said.first?.hint == "on the node whose list is the old one: baton sync iplist")
        #expect(ConfigurationCheck(mine, peer: mine).diagnostics.isEmpty)
    }
}
