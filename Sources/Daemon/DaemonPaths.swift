// Where each file of one instance lives: everything the daemon touches is named here and is under
// its three directories. What is in the files is the business of whoever reads them.

import Linux

/// The files of one instance.
struct DaemonPaths: Equatable, Sendable {
    /// `ha.cf`, `haresources`, `authkeys`, `resource.d`; absolute.
    var configuration: String
    /// `mon.cf`, which Heartbeat's installation has elsewhere.
    var monitors: String
    /// What survives a reboot; absolute.
    var state: String
    /// What a reboot clears; absolute.
    var run: String
    /// Whether `--config` named the directory; its `resource.d` then stands before built-in types.
    var isConfigurationExplicit: Bool

    init(configuration: String, monitors: String, state: String, run: String, isExplicit: Bool) {
        self.configuration = configuration
        self.monitors = monitors
        self.state = state
        self.run = run
        isConfigurationExplicit = isExplicit
    }

    /// The paths that options mean.
    ///
    /// Children change to `/`, so relative paths are made absolute.
    ///
    /// - Parameters:
    ///   - options: The command line.
    ///   - directory: The working directory.
    ///   - exists: Whether a file is there; asked only for the default search.
    init(_ options: DaemonOptions, directory: String, exists: (String) -> Bool) {
        func absolute(_ path: String) -> String {
            let whole = path.hasPrefix("/") ? path : directory + "/" + path
            return whole.count > 1 && whole.hasSuffix("/") ? String(whole.dropLast()) : whole
        }
        state = absolute(options.state)
        run = absolute(options.run)
        isConfigurationExplicit = options.configuration != nil
        if let named = options.configuration {
            configuration = absolute(named)
            monitors = configuration + "/mon.cf"
        } else if exists("/etc/baton/ha.cf") || !exists("/etc/ha.d/ha.cf") {
            configuration = "/etc/baton"
            monitors = "/etc/baton/mon.cf"
        } else {
            configuration = "/etc/ha.d"
            monitors = "/etc/mon/mon.cf"
        }
    }

    /// Where the daemon's own programs are: beside its file, which may be in a build's directory.
    static var ownPrograms: String {
        let daemon = (try? ThisProcess.programPath()) ?? ""
        return daemon.lastIndex(of: "/").map { String(daemon[..<$0]) } ?? "/usr/sbin"
    }

    var haCf: String { configuration + "/ha.cf" }
    var haresources: String { configuration + "/haresources" }
    var authkeys: String { configuration + "/authkeys" }
    /// The lock that keeps a second instance out.
    var lock: String { state + "/lock" }
    /// The durable record of the core.
    var record: String { state + "/record" }
    /// Held while the record is written, so that an old recorder never writes over a new one.
    var recordLock: String { state + "/record.lock" }
    /// The highest incarnation counter that may have been used (S6).
    var incarnation: String { state + "/incarnation" }
    /// What is remembered of the service monitors.
    var monitorMemory: String { state + "/monitors" }
    /// When this node last reset itself (S4), seconds since 1970.
    var lastReset: String { state + "/reset" }
    /// One file for each operation that runs (S14).
    var operations: String { run + "/operations" }
    /// One file for each scripted resource that was started in this boot.
    var started: String { run + "/started" }
    /// What OCF agents remember until the next boot.
    var agents: String { run + "/agents" }
    /// The door of administrators.
    var controlSocket: String { run + "/control.sock" }
    /// The door of readers.
    var statusSocket: String { run + "/status.sock" }
}
