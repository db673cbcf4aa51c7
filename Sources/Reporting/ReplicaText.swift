// `baton drbd` for people: how each replicated resource stands on both nodes, and where the two copies do not follow each
// other any more, which is the newer one and what to type. Everything is the core's word or DRBD's own; this lays it out.

public import Failover

/// Writes replicated resources as text.
public struct ReplicaText: Sendable {
    private let width: Int?

    /// A writer for lines of `width` characters; `nil` for output that is no terminal.
    public init(width: Int? = nil) { self.width = width }

    /// The whole text, each line ended by a newline.
    ///
    /// - Parameters:
    ///   - own: what this node tells.
    ///   - peer: what the other tells, or in words why it does not; `nil` where it was not asked.
    /// - Returns: lines, as long as the width allows; commands are never broken.
    public func text(of own: ReplicaReport, peer: Result<ReplicaReport, PeerSilence>?) -> String {
        var lines: [String] = []
        let other = try? peer?.get()
        for replica in own.replicas {
            if !lines.isEmpty { lines.append("") }
            let there = other?.replicas.first { $0.name == replica.name }
            lines += text(of: replica, there, peer)
        }
        for report in [own, other].compactMap(\.self) {
            for fault in report.faults {
                lines += wrapped(
                    printable(fault),
                    label: "\(printable(report.node)): ",
                    width: width
                )
            }
        }
        if case .failure(let silence) = peer {
            lines += wrapped(
                printable(silence.why),
                label: "\(printable(silence.node)): ",
                width: width
            )
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func text(
        of own: ReplicaStatus,
        _ there: ReplicaStatus?,
        _ peer: Result<ReplicaReport, PeerSilence>?
    ) -> [String] {
        let version = own.version.map { ", DRBD \($0)" } ?? ""
        var lines = [printable("\(own.name) of \(own.group)\(version)")]
        for one in [own, there].compactMap(\.self) {
            for (place, volume) in one.volumes.enumerated() {
                lines.append("  " + printable(line(one, volume, isFirst: place == 0)))
            }
        }
        guard let peer else { return lines }
        let name = (try? peer.get())?.node ?? there?.node ?? "the other node"
        let verdict = ReplicaVerdict(own: own, peer: there, peerName: name)
        switch verdict.state {
        case .together: return lines
        case .apart:
            lines += said(
                "The two are not connected, and wait for each other: the network, or drbdadm up there."
            )
        case .split:
            lines += said("The two have parted: DRBD does not connect them by itself any more.")
        }
        if let newer = verdict.newer { lines += said("Newer copy:    \(newer)") }
        for fact in verdict.evidence { lines += said("- \(fact)") }
        guard verdict.state == .split else { return lines }
        return lines + steps(verdict)
    }

    private func steps(_ verdict: ReplicaVerdict) -> [String] {
        guard let kept = verdict.kept else {
            return said(
                "Which copy to keep, nobody can tell from here: look at both sides' data, stop what writes, take a copy of "
                    + "both disks first. On the node to be discarded: drbdadm connect --discard-my-data"
            )
        }
        var lines: [String] = []
        if verdict.newer == nil {
            lines += said(
                "Both have written what the other has not got. To keep the copy of \(kept), which serves, and lose what the "
                    + "other wrote alone:"
            )
        } else {
            lines += said("To keep the copy of \(kept), and lose what the other wrote alone:")
        }
        for steps in verdict.steps where !steps.lines.isEmpty {
            lines.append("  on \(printable(steps.node)):")
            for line in steps.lines { lines.append("    " + printable(line)) }
        }
        return lines + said("Nothing of it was done.")
    }

    private func said(_ text: String) -> [String] {
        wrapped(printable(text), label: "  ", width: width)
    }

    /// One volume on one node, `n1  Primary  Connected  UpToDate  /dev/drbd0 on /mnt/drbd (ext3), 17.5 of 233.9 MiB`.
    private func line(_ one: ReplicaStatus, _ volume: ReplicaStatus.Volume, isFirst: Bool) -> String
    {
        var words = [isFirst ? one.node : "", one.role, one.connection ?? "-", volume.disk]
        if let done = volume.done {
            words.append("\(done / 100).\(done % 100 / 10) % done")
        }
        if let device = volume.device {
            guard let mount = volume.mount else {
                return (words + [device]).joined(separator: "  ")
            }
            let kind = volume.filesystem.map { " (\($0))" } ?? ""
            var text = "\(device) on \(mount)\(kind)"
            if let size = volume.size, let used = volume.used {
                text += ", \(mebibytes(used)) of \(mebibytes(size)) MiB"
            }
            words.append(text)
        }
        return words.joined(separator: "  ")
    }

    private func mebibytes(_ bytes: Int64) -> String {
        let tenths = bytes / 104_858
        return "\(tenths / 10).\(tenths % 10)"
    }
}
