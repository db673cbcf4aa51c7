// The agents of Pacemaker's world, `ocf:PROVIDER:NAME`, as pure text: where one is, and what it finds around it when it
// is called. The calling convention is the Open Cluster Framework's, "Resource Agent API" 1.0.

internal import Failover

/// An agent as haresources names it.
public struct OCFAgent: Equatable, Sendable {
    var provider: String
    var name: String

    /// Where agents are, whatever the distribution.
    public static let root = "/usr/lib/ocf"

    /// Reads a type; nil when it is no agent's.
    public init?(type: String) {
        let parts = type.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "ocf" else { return nil }
        provider = String(parts[1])
        name = String(parts[2])
    }

    /// The agents that Heartbeat's haresources calls by a name of their own, and what its words are to them, in order: as
    /// the scripts in its resource.d did, which the package resource-agents lacks today.
    private static let scripts: [String: [String]] = [
        "MailTo": ["email", "subject"], "IPsrcaddr": ["ipaddress"], "SendArp": ["ip", "nic"],
        "LVM": ["volgrpname", "exclusive"], "Raid1": ["raidconf", "raiddev", "homehost"],
    ]

    /// The agent that stands for a script of Heartbeat's, and its parameters; nil for any other type.
    static func script(
        _ type: String,
        _ arguments: [String]
    ) -> (agent: OCFAgent, parameters: [String])? {
        guard let names = scripts[type], let agent = OCFAgent(type: "ocf:heartbeat:\(type)") else {
            return nil
        }
        // ADDRESS/DEVICE is one word.
        let words =
            type == "SendArp"
            ? arguments.flatMap { $0.split(separator: "/").map(String.init) } : arguments
        return (agent, zip(names, words).map { "\($0)=\($1)" })
    }

    /// The file to execute.
    public var path: String { "\(OCFAgent.root)/resource.d/\(provider)/\(name)" }

    /// The environment of a call but for its time: an instance of its own for each text in haresources, since agents name
    /// files after it.
    func environment(_ arguments: [String]) -> [String] {
        let instance = String(fnv1a(arguments.joined(separator: "::")), radix: 16)
        return [
            "OCF_ROOT=\(OCFAgent.root)", "OCF_RA_VERSION_MAJOR=1", "OCF_RA_VERSION_MINOR=0",
            "OCF_RESOURCE_PROVIDER=\(provider)", "OCF_RESOURCE_TYPE=\(name)",
            "OCF_RESOURCE_INSTANCE=\(name)-\(instance)",
        ] + arguments.map { "OCF_RESKEY_\($0)" }
    }

    /// Whether a word can be a parameter: a name of the shell's, and what is behind `=`.
    static func isParameter(_ word: String) -> Bool {
        let name = word.utf8.prefix { $0 != UInt8(ascii: "=") }
        return name.count < word.utf8.count && !name.isEmpty
            && !(48...57).contains(name.first ?? 48)
            && name.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == 95
            }
    }

    /// What an exit code other than 0 says of a start or stop, in words.
    static func words(_ code: Int32) -> String? {
        switch code {
        case 1: "it failed"
        case 2: "its parameters are wrong"
        case 3: "it knows no such action"
        case 4: "it lacks permission"
        case 5: "what it runs is not installed"
        case 6: "its configuration is wrong"
        case 7: "it does not run"
        default: nil
        }
    }

    /// The last reason that an agent gives for what it does; nil when it gives none.
    static func reason(in output: String) -> String? {
        let lines = output.split(whereSeparator: \.isNewline).map(Array.init)
        let mark = Array(reasonMark)
        for line in lines.reversed() {
            guard line.count >= mark.count else { continue }
            let start = (0...(line.count - mark.count)).first { line[$0...].starts(with: mark) }
            if let start { return String(line[(start + mark.count)...]) }
        }
        return nil
    }

    /// What stands before it (ocf_exit_reason of the agents' shell functions).
    private static let reasonMark = "ocf-exit-reason:"
}

/// What agents say when they fail.
public enum OCFAgentText {
    /// The exit code of an agent whose program is missing on this node.
    public static let notInstalled: Int32 = 5

    /// A failure in words: the agent's reason, else the meaning of the code, then the end of its output.
    public static func failure(exitCode: Int32, output: String) -> String {
        let reason = OCFAgent.reason(in: output) ?? OCFAgent.words(exitCode)
        return [reason, output.isEmpty ? nil : output].compactMap(\.self).joined(separator: "\n")
    }
}
