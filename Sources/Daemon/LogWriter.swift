// The helper that writes log lines, and the loop's side of it, which never waits: a line for which
// there is no room is dropped and counted. How a line looks is `LogLine`.

import Failover
import Linux
import Wire

/// Where lines go.
struct LogTargets: Equatable, Sendable {
    /// The node's name, for stamps.
    var node: String
    /// Whether stderr is the journal, which stamps by itself and reads `<N>`.
    var isJournal: Bool
    /// `logfile` of ha.cf.
    var file: String?
    /// `debugfile` of ha.cf.
    var debugFile: String?
    /// `logfacility` of ha.cf.
    var facility: String?
    /// `debug` of ha.cf above 0: details are written too.
    var showsDebug: Bool
    /// Whether the system log's door is the journal's own.
    var isSystemJournal = SystemLog.isJournal()

    /// Whether stderr gets a line that the system log took or did not: it is in the journal once, with the facility
    /// that ha.cf asks for.
    func usesStream(systemTook: Bool) -> Bool { !(systemTook && isJournal && isSystemJournal) }
}

extension LogLine {
    /// As one message of the log writer's channel.
    var bytes: [UInt8] {
        var writer = MessageWriter()
        writer.put(UInt64(1))
        writer.put(Int64(severity.rawValue))
        writer.put(time)
        writer.put(text)
        return writer.bytes
    }

    init?(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        guard reader.number() == 1,
            let severity = reader.signed().flatMap({ Severity(rawValue: Int($0)) }),
            let time = reader.signed(), let text = reader.text()
        else { return nil }
        self.init(severity: severity, text: text, time: time)
    }
}

/// The log writer's life: write what comes until the loop is gone.
final class LogWriter {
    private let channel: HelperChannel
    private let targets: LogTargets
    private let poller: Poller
    private let system: SystemLog?
    private let process = ProcessID.parent.rawValue
    private var thrift = HelperThrift()

    init(channel: HelperChannel, targets: LogTargets) throws(SystemError) {
        self.channel = channel
        self.targets = targets
        poller = try Poller()
        try poller.add(channel.number, token: 0)
        system = targets.facility.flatMap(SystemLog.Facility.init(name:)).map {
            SystemLog(facility: $0, tag: "batond")
        }
    }

    func run() throws(SystemError) {
        while true {
            try poller.arm(at: thrift.deadline)
            let wake = try poller.wait()
            let isLoopThere = channel.drain { bytes in
                thrift.noteWork(at: wake.now)
                if let line = LogLine(bytes) { write(line) }
            }
            guard isLoopThere else { return }
            thrift.turn(at: wake.now)
        }
    }

    private func write(_ line: LogLine) {
        let isDebug = line.severity == .debug
        let stamped = line.stamped(
            node: targets.node,
            process: process,
            at: LogLine.localTime(line.time)
        )
        if let file = targets.debugFile { append(stamped, to: file) }
        if isDebug && !targets.showsDebug { return }
        if targets.usesStream(systemTook: tellSystem(line)) {
            StandardError.write(targets.isJournal ? line.journal : stamped)
        }
        if let file = targets.file { append(stamped, to: file) }
    }

    /// Whether the system log took a line; not where there is none.
    private func tellSystem(_ line: LogLine) -> Bool {
        guard let system, let severity = SystemLog.Severity(rawValue: line.severity.rawValue) else {
            return false
        }
        return system.write(severity, line.text)
    }

    /// Opened for each line, so that a rotated file is followed without a signal.
    private func append(_ text: String, to path: String) {
        // A log that cannot be written is said on stderr by nobody: stderr has the line itself.
        ignoring { () throws(SystemError) in
            let file = try Files.openAppending(path)
            _ = try file.write(Array(text.utf8))
        }
    }
}

/// The standard error stream, for helpers and before the loop begins.
enum StandardError {
    static func write(_ text: String) {
        let stream = Descriptor(adopting: 2)
        // Nobody could be told that stderr is closed.
        ignoring { () throws(SystemError) in _ = try stream.write(Array(text.utf8)) }
        _ = stream.release()
    }
}
