// `view`: a DRBD resource as drbd-overview showed it, for people. It changes nothing. Each question has what is left of
// the time; what does not answer is left out, for it is most needed when something hangs.

import Linux

extension DRBDResource {
    /// Tells how it stands.
    func view(until deadline: Int64) -> ResourceAnswer {
        switch look(until: deadline) {
        case .noModule:
            return .unknown("the kernel has no DRBD loaded: modprobe drbd, drbdadm up \(name)")
        case .unknown(let text): return .unknown(text)
        case .seen(let all):
            let mounts = (try? MountTable())?.mounts ?? []
            return .done(
                all.map { view($0.name, $0.state, mounts, until: deadline).text }.joined()
            )
        }
    }

    private func view(
        _ name: String,
        _ state: DRBDState,
        _ mounts: [Mount],
        until deadline: Int64
    ) -> DRBDView {
        var view = DRBDView(name: name, role: state.role.rawValue)
        view.version = version
        view.peerRole = state.peerRole?.rawValue
        // Of one for the connection and one for the replication the later says more.
        view.connection = state.connections.last?.rawValue
        view.generations = generations(name, until: deadline)
        let devices = devices(of: name, until: deadline)
        view.volumes = state.disks.enumerated().map { place, disk in
            func one<Value>(_ list: [Value]) -> Value? {
                list.indices.contains(place) ? list[place] : nil
            }
            var volume = DRBDView.Volume(
                number: one(state.numbers) ?? place,
                device: one(devices),
                disk: disk.rawValue,
                peerDisk: one(state.peerDisks)?.rawValue
            )
            volume.done = state.disks.count == 1 ? state.done.first : nil
            let mount = mounts.first { $0.source == volume.device && $0.root == "/" }
            guard let mount else { return volume }
            volume.mount = mount.directory
            volume.filesystem = mount.type
            (volume.size, volume.used) = use(of: mount.directory, until: deadline)
            return volume
        }
        return view
    }

    /// The kernel's DRBD.
    private var version: String? {
        guard let bytes = try? Files.read(DRBDResource.module + "/version", maximum: 64) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self).trimmed
        return text.isEmpty || text.contains(where: \.isWhitespace) ? nil : text
    }

    private func generations(_ name: String, until deadline: Int64) -> [UInt64] {
        let answer = Tool("drbdadm").ask(["get-gi", name], until: deadline)
        guard answer.isGood, let line = answer.text.split(whereSeparator: \.isNewline).first else {
            return []
        }
        let words = line.split(separator: ":", omittingEmptySubsequences: false).prefix(4)
        let numbers = words.compactMap { UInt64(String($0).trimmed, radix: 16).map { $0 & ~1 } }
        return numbers.count == 4 ? numbers : []
    }

    private func devices(of name: String, until deadline: Int64) -> [String] {
        let answer = Tool("drbdadm").ask(["sh-dev", name], until: deadline)
        guard answer.isGood else { return [] }
        return answer.text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// Size and use of what is mounted, in bytes; nil where df does not say.
    private func use(of directory: String, until deadline: Int64) -> (Int64?, Int64?) {
        let answer = Tool("df").ask(["-P", "-B", "1", directory], until: deadline)
        guard answer.isGood, let line = answer.text.split(whereSeparator: \.isNewline).last else {
            return (nil, nil)
        }
        // The device may hold blanks, and so may the directory: numbers are what is told apart.
        let numbers = line.split(separator: " ").compactMap { Int64($0) }
        return numbers.count >= 2 ? (numbers[0], numbers[1]) : (nil, nil)
    }
}
