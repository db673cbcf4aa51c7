// Where the programs of monitors and alerts are looked for: pure, over the words of mon.cf. Whether a
// file is there is asked by `CheckRunner`, which may wait for a disk.

/// The places of one instance's monitors and alerts.
struct MonitorPlaces: Equatable, Sendable {
    /// The monitors that `baton-monitor` is.
    static let builtIn: Set<String> = [
        "tcp.monitor", "msql-mysql.monitor", "postgres.monitor", "http.monitor", "fping.monitor",
        "disk.monitor",
    ]
    /// Where mon's own programs are, where mon.cf names no directory.
    static let libraries = ["/usr/local/lib/mon", "/usr/lib/mon"]

    private let configuration: String
    private let monitorDirectories: [String]
    private let alertDirectories: [String]

    /// The places that mon.cf names, each a list with `:` between.
    ///
    /// - Parameters:
    ///   - configuration: the instance's directory; its `mon.d` and `alert.d` come first.
    ///   - mondir: the global `mondir`.
    ///   - alertdir: the global `alertdir`.
    init(configuration: String, mondir: String?, alertdir: String?) {
        self.configuration = configuration
        monitorDirectories = MonitorPlaces.directories(mondir, "mon.d")
        alertDirectories = MonitorPlaces.directories(alertdir, "alert.d")
    }

    private static func directories(_ text: String?, _ name: String) -> [String] {
        guard let text else { return libraries.map { "\($0)/\(name)" } }
        return text.split(separator: ":").map { part in
            var path = String(part)
            while path.count > 1, path.hasSuffix("/") { path.removeLast() }
            return path
        }
    }

    /// Where a monitor may be: a path stands for itself; a name is looked for in the instance's own
    /// `mon.d`, among the built-in ones, in mon's directories.
    func monitor(_ program: String) -> [CheckPlace] {
        guard !program.utf8.contains(UInt8(ascii: "/")) else { return [CheckPlace(path: program)] }
        var places = [CheckPlace(path: "\(configuration)/mon.d/\(program)")]
        if MonitorPlaces.builtIn.contains(program) {
            places += ["baton-monitor", "/usr/sbin/baton-monitor"].map {
                CheckPlace(path: $0, words: [program])
            }
        }
        return places + monitorDirectories.map { CheckPlace(path: "\($0)/\(program)") }
    }

    /// Where an alert may be.
    func alert(_ program: String) -> [CheckPlace] {
        guard !program.utf8.contains(UInt8(ascii: "/")) else { return [CheckPlace(path: program)] }
        return (["\(configuration)/alert.d"] + alertDirectories).map {
            CheckPlace(path: "\($0)/\(program)")
        }
    }
}
