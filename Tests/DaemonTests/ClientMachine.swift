// A third machine behind a node of a pair, whose programs are clients of the group's address.

import Linux

@testable import Daemon

/// A namespace with a cable to one node, and the programs that run there or serve it.
final class ClientMachine {
    static let isPossible = Laboratory.isPossible && Files.isExecutable("/usr/bin/perl")
    /// Takes connections on port 7777 and says nothing, on all addresses of both families.
    private static let server = """
        use IO::Socket::IP;
        my $s = IO::Socket::IP->new(LocalHost => "::", LocalPort => 7777, Listen => 64, V6Only => 0) or die;
        $| = 1; print "ready\\n"; my @c;
        while (my $c = $s->accept) { push @c, $c; print "connected\\n" }
        """

    private let namespace: String
    private var children: [ChildProcess] = []

    /// Makes the machine, and the way to the group's address from there.
    init(behind node: LaboratoryNode) throws {
        namespace = node.namespace + "c"
        try Laboratory.ip("netns add \(namespace)")
        try Laboratory.ip(
            "link add c0 netns \(node.namespace) type veth peer name c1 netns \(namespace)"
        )
        try Laboratory.ip("-n \(node.namespace) addr add 10.198.0.1/24 dev c0")
        try Laboratory.ip("-n \(node.namespace) link set c0 up")
        try Laboratory.ip("-n \(namespace) addr add 10.198.0.2/24 dev c1")
        try Laboratory.ip("-n \(namespace) link set c1 up")
        try Laboratory.ip("-n \(namespace) route add default via 10.198.0.1")
    }

    /// A Perl program here; it is begun by who waits for its end.
    func perl(_ text: String) throws -> ChildProcess {
        try ClientMachine.perl(text, in: namespace)
    }

    /// A Perl program here that runs beside the test.
    func start(_ text: String) throws -> ChildProcess { try start(perl(text)) }

    /// The server, on a node.
    func serve(on node: LaboratoryNode) throws -> ChildProcess {
        let child = try start(ClientMachine.perl(ClientMachine.server, in: node.namespace))
        try ClientMachine.wait(for: "ready", from: child)
        return child
    }

    static func wait(for text: String, from child: ChildProcess) throws {
        try Laboratory.wait(for: "\(text): \(child.output.text)") {
            while let bytes = try? child.readOutput(), !bytes.isEmpty {}
            return child.output.text.contains(text) ? () : nil
        }
    }

    /// Ends what runs beside the test, and removes the machine.
    func remove() {
        for child in children { try? child.sendToGroup(.kill) }
        for child in children { _ = try? Laboratory.wait(for: "an end") { try child.ending() } }
        _ = try? Laboratory.run(["netns", "del", namespace])
    }

    private func start(_ child: ChildProcess) throws -> ChildProcess {
        try child.open()
        children.append(child)
        return child
    }

    private static func perl(_ text: String, in namespace: String) throws -> ChildProcess {
        let words = ["netns", "exec", namespace, "/usr/bin/perl", "-e", text]
        return try ChildProcess(
            Linux.Command(Laboratory.ip ?? "/sbin/ip", words),
            outputMaximum: 4096
        )
    }
}
