// The command line of batond: read by hand, because the locked daemon links no argument parser.
// What the directories hold is `DaemonPaths`; reading configuration files is `ConfigurationLoading`.

/// What the command line of `batond` asks for.
public struct DaemonOptions: Equatable, Sendable {
    /// `--config DIR`; `nil` for the default search: `/etc/baton`, else `/etc/ha.d`.
    public var configuration: String?
    /// `--state DIR`: what survives a reboot.
    ///
    /// Default `/var/lib/baton`.
    public var state = "/var/lib/baton"
    /// `--run DIR`: sockets and the operation record.
    ///
    /// Default `/run/baton`.
    public var run = "/run/baton"
    /// `--node NAME`; `nil` for the host's name.
    public var node: String?
    /// `--reset-command PROGRAM`: run instead of resetting the machine (S4), for tests.
    public var resetCommand: String?

    /// The defaults.
    public init() {}
}

/// What to do after reading a command line.
public enum CommandLineOutcome: Equatable, Sendable {
    /// Run the daemon.
    case run(DaemonOptions)
    /// Print this and end with exit code 0.
    case help(String)
    /// Print this and end with exit code 2.
    case usageError(String)
}

extension DaemonOptions {
    /// Reads the words after the program's name.
    ///
    /// `--name VALUE` and `--name=VALUE` are the same.
    public static func parse(_ words: [String]) -> CommandLineOutcome {
        var options = DaemonOptions()
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--help" || word == "-h" { return .help(usage) }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let target = targets[name] else {
                return .usageError("batond: unknown argument \(word)\n\(usage)")
            }
            let inline = parts.count > 1 ? String(parts[1]) : nil
            guard let value = inline ?? rest.popFirst(), !value.isEmpty else {
                return .usageError("batond: \(name) needs a value\n\(usage)")
            }
            target(&options, value)
        }
        return .run(options)
    }

    /// What `--help` prints, one line's end included.
    public static let usage = """
        usage: batond [--config DIR] [--state DIR] [--run DIR] [--node NAME]
        Runs in the foreground; everything it touches is under the three directories.
          --config DIR   ha.cf, haresources, authkeys, resource.d
                         (default /etc/baton, else /etc/ha.d with /etc/mon/mon.cf)
          --state DIR    what survives a reboot (default /var/lib/baton)
          --run DIR      control sockets and the operation record (default /run/baton)
          --node NAME    this node's name in ha.cf (default the host's name)
          --reset-command PROGRAM
                         for tests: run PROGRAM instead of resetting the machine
        exit codes: 0 ended in order, 1 failed, 2 usage or configuration error

        """

    private typealias Setter = @Sendable (inout DaemonOptions, String) -> Void

    private static let targets: [String: Setter] = [
        "--config": { $0.configuration = $1 },
        "--state": { $0.state = $1 },
        "--run": { $0.run = $1 },
        "--node": { $0.node = $1 },
        "--reset-command": { $0.resetCommand = $1 },
    ]
}
