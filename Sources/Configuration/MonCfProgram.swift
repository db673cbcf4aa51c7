// Which programs a mon.cf names and where they are looked for. Whether one is there, the asker says: this room
// sees no files.

public import Monitoring

/// A monitor or alert program as mon.cf names it.
public struct MonCfProgram: Equatable, Sendable {
    /// What it is for.
    public enum Kind: Sendable {
        /// `monitor`.
        case monitor
        /// `alert`, `upalert`… and `redistribute`.
        case alert
    }

    /// What it is for.
    public var kind: Kind
    /// A name, or a path where it has a slash.
    public var name: String
    /// Where a name is looked for, in order; the directory `mon.d` or `alert.d` beside an instance's files
    /// comes before them.
    public var directories: [String] = []

    init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// The monitors that Baton has itself; they stand before a file of their name in `mondir`.
    public static let builtInMonitors: Set<String> = [
        "tcp.monitor", "msql-mysql.monitor", "postgres.monitor", "http.monitor", "fping.monitor",
        "disk.monitor",
    ]

    /// Whether it needs no file.
    public var isBuiltIn: Bool {
        kind == .monitor && MonCfProgram.builtInMonitors.contains(name)
    }
}

extension MonitorConfiguration {
    /// `mondir` or `alertdir`: where programs are looked for, in order, as absolute paths.
    public func directories(of kind: MonCfProgram.Kind) -> [String] {
        let name = kind == .monitor ? "mondir" : "alertdir"
        let standard = kind == .monitor ? "mon.d" : "alert.d"
        let base = directory("basedir", "/usr/lib/mon")
        return (global(name) ?? "/usr/local/lib/mon/\(standard):\(standard)")
            .split(separator: ":")
            .map { part in
                var path = part.hasPrefix("/") ? String(part) : "\(base)/\(part)"
                while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
                return path
            }
    }
}
