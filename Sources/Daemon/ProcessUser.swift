// Who runs the daemon, so that the same user may command it.

import Linux

/// The user of this process.
enum ProcessUser {
    /// The effective user's number, from /proc/self/status (proc(5), `Uid:`); root's when that cannot
    /// be read.
    static let own: UInt32 = {
        guard !ThisProcess.isRoot,
            let bytes = try? Files.read("/proc/self/status", maximum: 16384)
        else { return 0 }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix("Uid:") {
            let fields = line.split(whereSeparator: \.isWhitespace)
            return fields.count > 2 ? UInt32(fields[2]) ?? 0 : 0
        }
        return 0
    }()
}
