// What clients notice when an address leaves: a third machine with open connections, real daemons, a server that goes on.

import Failover
import Linux
import Testing
import Wire

@testable import Daemon

@Suite(
    "Connections of an address that leaves",
    .serialized,
    .enabled(if: ClientMachine.isPossible, Laboratory.skipped)
)
struct ConnectionTests {
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

    @Test("A client that waits is told at once; without it nobody tells", arguments: [true, false])
    func orderlyRelease(isOn: Bool) throws {
        let pair = try LaboratoryPair()
        let machine = try ClientMachine(behind: pair.l0)
        defer { machine.remove() }
        if !isOn {
            for node in [pair.l0, pair.l1] { try node.append("ha.cf", "cut_connections off\n") }
        }
        try pair.tell { l0, l1 in
            var children = [try machine.serve(on: l0)]
            for mode in ["read", "idle"] {
                let child = try machine.start(Self.client(mode, LaboratoryPair.address))
                children.append(child)
                try ClientMachine.wait(for: "waiting", from: child)
            }
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            try l1.wait(until: .active)
            #expect(try !l0.has(LaboratoryPair.address))
            if isOn {
                for child in children.dropFirst() {
                    try ClientMachine.wait(for: "error reset", from: child)
                }
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
