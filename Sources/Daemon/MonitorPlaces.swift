// Where the programs of monitors and alerts are looked for by one instance: pure. Whether a
// file is there is asked by `CheckRunner`, which may wait for a disk.

import Configuration
import Monitoring

/// The places of one instance's monitors and alerts.
struct MonitorPlaces: Equatable, Sendable {
    private let configuration: String
    private let monitorDirectories: [String]
    private let alertDirectories: [String]

    /// The places that mon.cf names, behind the `mon.d` and `alert.d` of the instance's own directory.
    init(configuration: String, _ monitors: MonitorConfiguration) {
        self.configuration = configuration
        monitorDirectories = monitors.directories(of: .monitor)
        alertDirectories = monitors.directories(of: .alert)
    }

    /// Where a monitor may be: a path stands for itself; a name is looked for in the instance's own
    /// `mon.d`, among the built-in ones, in mon's directories.
    func monitor(_ program: String) -> [CheckPlace] {
        guard !program.utf8.contains(UInt8(ascii: "/")) else { return [CheckPlace(path: program)] }
        var places = [CheckPlace(path: "\(configuration)/mon.d/\(program)")]
        if MonCfProgram.builtInMonitors.contains(program) {
            places += ["baton-monitor", "/usr/sbin/baton-monitor"].map {
                CheckPlace(path: $0, monitor: program)
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
