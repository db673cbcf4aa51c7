// The helper that waits for the disk: it makes the durable record durable and says so. It never
// decides what to write. A lock in the state directory keeps a recorder that is still stuck in a
// write from finishing after its successor's (a later record must never be replaced by an earlier).

import Linux

/// The recorder's life: write what it is told, newest last, until the loop is gone.
final class Recorder {
    private let channel: HelperChannel
    private let paths: DaemonPaths
    private let shared: SharedState
    private let poller: Poller
    private var pending: RecorderRequest?
    private var retryAt: Int64?
    private var thrift = HelperThrift()

    init(
        channel: HelperChannel,
        paths: DaemonPaths,
        shared: SharedState
    ) throws(SystemError) {
        self.channel = channel
        self.paths = paths
        self.shared = shared
        poller = try Poller()
        try poller.add(channel.number, token: 0)
    }

    /// Runs until the loop closes its end.
    func run() throws(SystemError) {
        while true {
            try poller.arm(at: [retryAt, thrift.deadline].compactMap(\.self).min())
            let wake = try poller.wait()
            if let time = retryAt, time <= wake.now { retryAt = nil }
            let isLoopThere = drainChannel()
            if retryAt == nil, let request = pending { serve(request) }
            // The last record of an orderly end was written just now, or cannot be.
            guard isLoopThere else { return }
            thrift.turn(at: wake.now)
        }
    }

    /// Takes all that was asked; of several records only the last is kept.
    private func drainChannel() -> Bool {
        channel.drain { bytes in
            guard let request = RecorderRequest(bytes) else { return }
            thrift.noteWork(at: BootClock.now)
            if case .write = request {
                pending = request
                retryAt = nil
            } else {
                serve(request)
            }
        }
    }

    private func serve(_ request: RecorderRequest) {
        do {
            switch request {
            case .write(let id, let content):
                try Recorder.withLock(paths.recordLock) { () throws(SystemError) in
                    try Files.replaceDurably(paths.record, with: content)
                    shared.record.store(content)
                }
                pending = nil
                channel.sendWaiting(RecorderReport.written(id).bytes)
            case .reserve(let counter):
                try Files.replaceDurably(paths.incarnation, with: Array("\(counter)\n".utf8))
                shared[.incarnationReserved] = counter
            case .noteReset(let second):
                try Files.replaceDurably(paths.lastReset, with: Array("\(second)\n".utf8))
            case .rememberMonitors(let content):
                // Before the disk: a loop that is replaced reads it here.
                shared.monitors.store(content)
                try Files.replaceDurably(paths.monitorMemory, with: content)
            }
        } catch {
            // A predecessor that still hangs in its write holds the lock: that is no failure.
            let isLocked = error.errno == .wouldBlock
            guard case .write = request else {
                channel.sendWaiting(RecorderReport.lost("\(error)").bytes)
                return
            }
            if !isLocked { channel.sendWaiting(RecorderReport.failing("\(error)").bytes) }
            retryAt = BootClock.now &+ (isLocked ? 50_000_000 : 1_000_000_000)
        }
    }

    /// Runs a write while no other recorder of this instance can; EAGAIN while one is stuck.
    private static func withLock(
        _ path: String,
        _ body: () throws(SystemError) -> Void
    ) throws(SystemError) {
        let lock = try LockFile(path)
        try body()
        withExtendedLifetime(lock) {}
    }
}

/// The numbers in small state files.
enum StateFile {
    /// The whole number in a file of one line, 0 or more; `nil` when there is no such file or no
    /// such number in it.
    static func number(_ path: String) -> Int64? {
        (try? Files.read(path, maximum: 64)).flatMap(number(in:))
    }

    /// The number of the first line.
    static func number(in bytes: [UInt8]) -> Int64? {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return Int64(String(decoding: line, as: UTF8.self)).flatMap { $0 < 0 ? nil : $0 }
    }
}
