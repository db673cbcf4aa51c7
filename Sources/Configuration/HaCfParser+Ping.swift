// The lines `ping` and `ping_group` of ha.cf: which hosts are asked. Asking them is the daemon's, what
// their answers mean the core's.

internal import Failover

extension HaCfParser {
    /// `ping HOST...`: each is a ping node by its address.
    mutating func ping(_ words: [Word]) {
        for word in words {
            guard let host = pingHost(word) else { continue }
            add(PingNode(name: "\(host)", hosts: [host]), word, [(host, word.position)])
        }
    }

    /// `ping_group NAME HOST...`: the hosts are one ping node together.
    mutating func pingGroup(_ words: [Word]) {
        let name = words[0]
        guard isNodeName(name.text.lowercased()), IPAddress(name.text) == nil else {
            list.error(
                .invalidName,
                at: name.position,
                IPAddress(name.text) == nil
                    ? "\(quoted(name.text)) is no name of a ping group"
                    : "\(quoted(name.text)) is an address where the name of the group must be",
                hint: "ping_group routers 10.0.0.1 10.0.0.2"
            )
            return
        }
        var hosts: [(IPAddress, Position)] = []
        for word in words.dropFirst() {
            guard let host = pingHost(word) else { continue }
            if hosts.contains(where: { $0.0 == host }) {
                list.warning(.givenTwice, at: word.position, "\(host) is named twice")
            } else if list.hasRoom(
                after: hosts.count,
                maximum: PingNode.hostMaximum,
                of: "hosts in ping group \(quoted(name.text))",
                at: word.position
            ) {
                hosts.append((host, word.position))
            }
        }
        // Each host of it was refused by name.
        guard !hosts.isEmpty else { return }
        add(PingNode(name: name.text, hosts: hosts.map(\.0)), name, hosts)
    }

    private mutating func add(
        _ node: PingNode,
        _ word: Word,
        _ hosts: [(host: IPAddress, place: Position)]
    ) {
        if result.pingNodes.contains(node) {
            list.warning(.givenTwice, at: word.position, "ping node '\(node.name)' is named twice")
        } else if result.pingNodes.contains(where: { $0.name == node.name }) {
            list.error(
                .givenTwice,
                at: word.position,
                "ping group '\(node.name)' is named twice with other hosts",
                hint: "one line names all hosts of a group"
            )
        } else if list.hasRoom(
            after: result.pingNodes.count,
            maximum: PingNode.countMaximum,
            of: "ping nodes",
            at: word.position
        ) {
            result.pingNodes.append(node)
            result.pingPlaces += hosts
        }
    }

    private mutating func pingHost(_ word: Word) -> IPAddress? {
        guard let host = IPAddress(word.text) else {
            list.error(
                .invalidAddress,
                at: word.position,
                "\(quoted(word.text)) is no IP address",
                hint: "write the host's address: the daemon does not look up names"
            )
            return nil
        }
        guard host.isOfHost, !host.isLoopback else {
            list.error(
                .invalidAddress,
                at: word.position,
                "\(host) is not the address of another host"
            )
            return nil
        }
        guard !host.isIPv6LinkLocal else {
            list.error(
                .invalidAddress,
                at: word.position,
                "\(host) is an address of one link, and a ping line names no device",
                hint: "write an address of the host that is routed"
            )
            return nil
        }
        return host
    }
}
