// What clients notice when an address leaves: a third machine with open connections, real daemons, a server that goes on.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite(
    "Connections of an address that leaves",
    .serialized,
    .enabled(if: Laboratory.isPossible && Files.isExecutable("/usr/bin/perl"), Laboratory.skipped)
)
struct ConnectionTests {
    /// Takes connections and says nothing, on all addresses of both families.
    private static let server = """
        use IO::Socket::IP;
        my $s = IO::Socket::IP->new(LocalHost => "::", LocalPort => 7777, Listen => 64, V6Only => 0) or die;
        $| = 1; print "ready\\n"; my @c;
        while (my $c = $s->accept) { push @c, $c; print "connected\\n" }
        """

    /// Connects and is blocked in a read, then waits for an event on an idle connection; says how each ended.
    private static func client(_ mode: String, _ address: String) -> String {
        """
        use IO::Socket::IP; $| = 1;
        my $s = IO::Socket::IP->new(PeerHost => "\(address)", PeerPort => 7777) or die;
        print "waiting\\n";
        if ("\(mode)" eq "idle") { my $v = ''; vec($v, fileno $s, 1) = 1; select $v, undef, undef, undef }
        my $n = sysread $s, my $x, 1;
        print defined $n ? "ended $n\\n" : "error " . ($!{ECONNRESET} ? "reset" : $!) . "\\n";
        """
    }

    private static func perl(_ namespace: String, _ text: String) throws -> ChildProcess {
        let ip = Laboratory.ip ?? "/sbin/ip"
        let words = ["netns", "exec", namespace, "/usr/bin/perl", "-e", text]
        let child = try ChildProcess(Linux.Command(ip, words), outputMaximum: 4096)
        try child.open()
        return child
    }

    private static func wait(for text: String, from child: ChildProcess) throws {
        try Laboratory.wait(for: "\(text): \(child.output.text)") {
            while let bytes = try? child.readOutput(), !bytes.isEmpty {}
            return child.output.text.contains(text) ? () : nil
        }
    }

    /// A machine behind l0, and what it takes to reach the address of the group from there.
    private static func addClient(to l0: LaboratoryNode) throws -> String {
        let name = l0.namespace + "c"
        try Laboratory.ip("netns add \(name)")
        try Laboratory.ip(
            "link add c0 netns \(l0.namespace) type veth peer name c1 netns \(name)"
        )
        try Laboratory.ip("-n \(l0.namespace) addr add 10.198.0.1/24 dev c0")
        try Laboratory.ip("-n \(l0.namespace) link set c0 up")
        try Laboratory.ip("-n \(name) addr add 10.198.0.2/24 dev c1")
        try Laboratory.ip("-n \(name) link set c1 up")
        try Laboratory.ip("-n \(name) route add default via 10.198.0.1")
        return name
    }

    @Test("A client that waits is told at once; without it nobody tells", arguments: [true, false])
    func orderlyRelease(isOn: Bool) throws {
        let pair = try LaboratoryPair()
        let network = try Self.addClient(to: pair.l0)
        var children: [ChildProcess] = []
        defer {
            for child in children { try? child.sendToGroup(.kill) }
            for child in children { _ = try? Laboratory.wait(for: "an end") { try child.ending() } }
            _ = try? Laboratory.run(["netns", "del", network])
        }
        if !isOn {
            for node in [pair.l0, pair.l1] {
                let path = node.directory + "/config/ha.cf"
                let text = String(decoding: try Files.read(path, maximum: 4096), as: UTF8.self)
                try node.write("ha.cf", text + "cut_connections off\n")
            }
        }
        try pair.tell { l0, l1 in
            children.append(try Self.perl(l0.namespace, Self.server))
            try Self.wait(for: "ready", from: children[0])
            for mode in ["read", "idle"] {
                let child = try Self.perl(network, Self.client(mode, LaboratoryPair.address))
                children.append(child)
                try Self.wait(for: "waiting", from: child)
            }
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            try l1.wait(until: .active)
            #expect(try !l0.has(LaboratoryPair.address))
            if isOn {
                for child in children.dropFirst() { try Self.wait(for: "error reset", from: child) }
                try Laboratory.wait(for: "the line about it:\n\(l0.output)") {
                    l0.output.contains("cut 2 connections of 10.199.0.100") ? () : nil
                }
            } else {
                for child in children.dropFirst() {
                    #expect(try child.ending() == nil)
                    #expect(child.output.text == "waiting\n")
                }
            }
            // A listener is its program's, whatever address it is asked by.
            #expect(try children[0].ending() == nil)
        }
    }
}
