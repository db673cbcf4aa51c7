// A DRBD resource under a service that is cut off (S12): its reads and writes wait (`suspend-io`), and with them all
// that writes through it. When the other node has taken, what waits must not be written any more: its processes are
// killed, the disk is let go of so that what still waits fails, and it is attached again when nobody is left to write.

import Linux

extension DRBDResource {
    /// Remembered until the stop that follows: whoever lets go of a disk for another reason wants it to stay so.
    private var mark: String {
        "\(Environment.value("BATON_RUN") ?? "/run/baton")/abandoned-\(name)"
    }

    /// Holds back every read and write from now on.
    ///
    /// The peer may take soon: where udev has made the links, no configuration is read.
    func suspend(until deadline: Int64) -> ResourceAnswer {
        for minor in minors {
            let result = Tool("drbdsetup").run(["suspend-io", minor], until: deadline)
            guard result.isGood else {
                return .failed("drbdsetup suspend-io \(minor): \(result.lastLine)")
            }
        }
        return minors.isEmpty ? change("suspend-io", until: deadline) : .done()
    }

    /// Lets them go on.
    func resume(until deadline: Int64) -> ResourceAnswer { change("resume-io", until: deadline) }

    private func change(_ word: String, until deadline: Int64) -> ResourceAnswer {
        let result = Tool("drbdadm").run([word, name], until: deadline)
        return result.isGood ? .done() : .failed("drbdadm \(word) \(name): \(result.lastLine)")
    }

    /// The device numbers of its volumes by udev's links, `/dev/drbd/by-res/r0` or `/dev/drbd/by-res/r0/0`; none where
    /// there are no links.
    private var minors: [String] {
        let link = (Environment.value("BATON_DRBD_LINKS") ?? "/dev/drbd/by-res") + "/\(name)"
        let links =
            Files.isDirectory(link)
            ? ((try? Files.list(link)) ?? []).sorted().map { "\(link)/\($0)" } : [link]
        return links.compactMap { path in
            Files.blockDevice(path).map { String($0.minor) }
        }
    }

    /// Ends what waits for suspended reads and writes, which fail.
    ///
    /// Nothing is written to the disk from the beginning on; that is so also when it fails half-way.
    func abandon(until deadline: Int64) -> ResourceAnswer {
        let numbers = devices(until: deadline).compactMap(Files.blockDevice)
        var last = ""
        while true {
            var left: [MountHolder] = []
            for number in numbers {
                do throws(SystemError) {
                    left += try MountUse(of: number).holders.filter(\.mayBeEnded)
                } catch {
                    return .failed("who uses \(name) cannot be seen: \(error)")
                }
            }
            for holder in left {
                // It may end meanwhile, or does when what it waits for fails.
                _ = try? ProcessHandle(holder.process).send(.kill)
            }
            switch look(until: deadline) {
            case .noModule: return .done("the kernel has no DRBD loaded")
            case .unknown(let text): last = text
            case .seen(let all):
                let attached = all.filter { !$0.state.disks.allSatisfy { $0 == .diskless } }
                let waiting = all.filter(\.state.isSuspended)
                if attached.isEmpty, waiting.isEmpty, left.isEmpty {
                    return .done("nothing of \(name) is written any more")
                }
                last = left.prefix(8).map(\.description).joined(separator: "; ")
                if !attached.isEmpty, let failure = letGo(attached.map(\.name), until: deadline) {
                    return failure
                }
                // Only now: while a disk is attached, what goes on would be written.
                for (name, _) in waiting {
                    let result = Tool("drbdadm").run(["resume-io", name], until: deadline)
                    if !result.isGood { last = "drbdadm resume-io \(name): \(result.lastLine)" }
                }
            }
            guard BootClock.now &+ DRBDResource.margin < deadline else {
                return .failed("\(name) is not free in time: \(last)")
            }
            Pause.wait(DRBDResource.retryInterval)
        }
    }

    private func letGo(_ names: [String], until deadline: Int64) -> ResourceAnswer? {
        do throws(SystemError) {
            _ = try Files.openAppending(mark, mode: 0o600)
        } catch {
            return .failed("\(mark) cannot be made: \(error)")
        }
        for name in names {
            // Else what waits would be written there: a connection is not, where both are primary, but may be later.
            _ = Tool("drbdadm").run(["disconnect", name], until: deadline)
            let result = Tool("drbdadm").run(["detach", "--force", name], until: deadline)
            guard result.isGood else {
                return .failed("drbdadm detach --force \(name): \(result.lastLine)")
            }
        }
        return nil
    }

    /// Attaches what `abandon` let go of; in words what came of it, nothing where there was nothing to do.
    func attachAgain(until deadline: Int64) -> String {
        guard Files.exists(mark) else { return "" }
        let result = Tool("drbdadm").run(["adjust", name], until: deadline)
        guard result.isGood else {
            return "; its disk is detached: drbdadm adjust \(name): \(result.lastLine)"
        }
        _ = try? Files.remove(mark)
        return "; its disk is attached again"
    }

    /// The paths of its devices.
    func devices(until deadline: Int64) -> [String] {
        Tool("drbdadm").run(["sh-dev", name], until: deadline).text
            .split(whereSeparator: \.isWhitespace).map(String.init)
            .filter { $0.hasPrefix("/dev/") }
    }
}
