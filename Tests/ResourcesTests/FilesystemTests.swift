// Filesystem on real ext4, xfs and btrfs: loop devices in a mount namespace of the test's own.

import Foundation
import Testing

/// Whether this machine lets the tests mount what they mount.
private let mounts: Bool = {
    guard geteuid() == 0 else { return false }
    let probe = """
        set -e; d=$(mktemp -d); trap 'rm -r $d' EXIT; truncate -s 320M $d/x
        for make in 'ext4 -q -F' 'xfs -q -f' 'btrfs -q -f'; do
            mkfs.$make $d/x; mount -o loop $d/x /mnt; umount /mnt
        done
        """
    return (try? Program.run("/usr/bin/unshare", ["-m", "sh", "-c", probe]))?.exit == 0
}()

/// A mount namespace with a device.
private final class Lab {
    let scratch: Scratch
    let device: String
    let directory: String
    private let holder = Process()
    private var left: [Process] = []

    init(_ make: String = "mkfs.ext4 -q -F", megabytes: Int = 64) throws {
        scratch = try Scratch()
        let image = scratch.path + "/image"
        directory = scratch.path + "/data"
        try #require(
            try Program.shell("truncate -s \(megabytes)M \(image) && \(make) \(image)").exit == 0
        )
        let found = try Program.shell("losetup -f --show \(image)")
        device = found.output.trimmingCharacters(in: .whitespacesAndNewlines)
        try #require(found.exit == 0)
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        holder.arguments = ["-m", "--propagation", "private", "sleep", "1000"]
        try holder.run()
        // unshare(1) has changed its namespace when it has become the other program.
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/mnt")
        for _ in 0..<200 {
            let path = "/proc/\(holder.processIdentifier)/ns/mnt"
            let theirs = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
            if let theirs, theirs != own { break }
            usleep(10_000)
        }
    }

    deinit {
        for process in left + [holder] {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        // With its namespace the mounts are gone.
        _ = try? Program.shell("losetup -d \(device)")
    }

    /// Runs a line of shell in the namespace.
    @discardableResult
    func shell(_ line: String) throws -> Run {
        try Program.run(
            "/usr/bin/nsenter",
            ["-t", "\(holder.processIdentifier)", "-m", "sh", "-c", line]
        )
    }

    /// Leaves a line of shell running in the namespace, and gives it time to begin.
    func leave(_ line: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
        process.arguments = ["-t", "\(holder.processIdentifier)", "-m", "sh", "-c", line]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        left.append(process)
        usleep(200_000)
    }

    /// Carries out an action on DEVICE DIRECTORY TYPE.
    func act(_ action: String, _ words: [String]? = nil, milliseconds: Int = 20_000) throws -> Run {
        try Program.run(
            "/usr/bin/nsenter",
            ["-t", "\(holder.processIdentifier)", "-m", Program.resource, "Filesystem"]
                + (words ?? [device, directory, "ext4"]) + [action],
            environment: ["BATON_TIMEOUT": "\(milliseconds)"]
        )
    }
}

@Suite(.enabled(if: mounts, "skipped: no ext4, xfs and btrfs on loop devices here"))
struct FilesystemTests {
    @Test(
        arguments: [
            ("mkfs.ext4 -q -F", "ext4", 64), ("mkfs.ext3 -q -F", "ext3", 64),
            ("mkfs.xfs -q -f", "xfs", 320), ("mkfs.btrfs -q -f", "btrfs", 128),
        ]
    )
    func itIsMountedAndUnmounted(make: String, type: String, megabytes: Int) throws {
        let lab = try Lab(make, megabytes: megabytes)
        let words = [lab.device, lab.directory, type]
        #expect(try lab.act("ready", words).exit == 0)
        #expect(try lab.act("status", words).exit == 3)
        #expect(try lab.act("start", words).exit == 0)
        #expect(try lab.act("start", words).exit == 0)
        let status = try lab.act("status", words)
        #expect(status.exit == 0)
        #expect(status.output.hasPrefix("running: \(lab.device) is mounted on \(lab.directory)"))
        #expect(try lab.act("monitor", words).exit == 0)
        #expect(try lab.act("stop", words).exit == 0)
        #expect(try lab.act("stop", words).exit == 0)
        #expect(try lab.act("status", words).exit == 3)
    }

    @Test func aLabelIsFound() throws {
        let label = "bt\(UInt16.random(in: 0...9999))"
        let lab = try Lab("mkfs.ext4 -q -F -L \(label)")
        #expect(try lab.act("start", ["LABEL=\(label)", lab.directory]).exit == 0)
        #expect(try lab.act("status").exit == 0)
        #expect(try lab.act("stop", ["LABEL=\(label)", lab.directory]).exit == 0)
        let none = try lab.act("start", ["LABEL=nobody", lab.directory], milliseconds: 1000)
        #expect(none == Run(exit: 1, output: "no device has LABEL=nobody\n"))
    }

    @Test func whoeverUsesItIsSentAway() throws {
        let lab = try Lab()
        try #require(try lab.act("start").exit == 0)
        // One works in it, one has a file open and heeds no TERM; a mount lies on it.
        try lab.leave("cd \(lab.directory); exec sleep 100")
        try lab.leave("trap '' TERM; exec 3>\(lab.directory)/file; exec sleep 100")
        try lab.shell("mkdir \(lab.directory)/below; mount -t tmpfs none \(lab.directory)/below")
        let run = try lab.act("stop")
        #expect(run.exit == 0)
        #expect(run.output.contains("SIGTERM to sleep"))
        #expect(run.output.contains("SIGKILL to sleep"))
        #expect(try lab.act("status").exit == 3)
    }

    @Test func whatTheKernelHoldsIsNamed() throws {
        let lab = try Lab()
        try #require(try lab.act("start").exit == 0)
        try lab.shell(
            "truncate -s 8M \(lab.directory)/inner; mkfs.ext4 -q -F \(lab.directory)/inner"
        )
        let inner = try lab.shell("losetup -f --show \(lab.directory)/inner").output
        let run = try lab.act("stop", milliseconds: 1500)
        try lab.shell("losetup -d \(inner)")
        #expect(run.exit == 1)
        #expect(run.output.contains("no process uses it: the kernel does"))
        #expect(try lab.act("stop").exit == 0)
    }

    @Test func anotherMountIsNeitherOursNorHidden() throws {
        let lab = try Lab()
        try lab.shell("mkdir -p \(lab.directory)/below; mount -t tmpfs none \(lab.directory)/below")
        let hiding = try lab.act("start")
        #expect(hiding.exit == 1)
        #expect(hiding.output.contains("would hide: umount \(lab.directory)/below"))
        try lab.shell("umount \(lab.directory)/below; mount -t tmpfs none \(lab.directory)")
        #expect(try lab.act("status").exit == 3)
        #expect(try lab.act("ready").exit == 1)
        #expect(try lab.act("start").exit == 1)
        #expect(try lab.act("stop").exit == 0)
        #expect(try lab.shell("mountpoint -q \(lab.directory)").exit == 0)
    }

    @Test func aDeviceThatIsMountedElsewhereIsUnknown() throws {
        let lab = try Lab()
        try lab.shell("mkdir -p \(lab.directory).other; mount \(lab.device) \(lab.directory).other")
        let status = try lab.act("status")
        #expect(status.exit == 4)
        #expect(status.output.contains("\(lab.directory).other"))
        #expect(try lab.act("start").exit == 1)
        // Wherever it is shown, it can be written.
        #expect(try lab.act("stop").exit == 0)
        #expect(try lab.shell("mountpoint -q \(lab.directory).other").exit != 0)
        #expect(try lab.act("status").exit == 3)
    }

    /// A container has a mount of its own; what is unmounted here goes on being written there.
    @Test func anotherNamespaceIsNotForgotten() throws {
        let lab = try Lab()
        try #require(try lab.act("start").exit == 0)
        try lab.leave(
            "exec unshare -m --propagation private sh -c 'while :; do date >\(lab.directory)/f; sleep 0.05; done'"
        )
        try lab.shell("umount \(lab.directory)")
        let status = try lab.act("status")
        #expect(status.exit == 4)
        #expect(status.output.contains("is in use although it is not mounted"))
        let stop = try lab.act("stop")
        #expect(stop.exit == 0, "\(stop.output)")
        #expect(try lab.act("status").exit == 3)
        #expect(try lab.shell("fsck.ext4 -fn \(lab.device)").exit == 0)
    }

    @Test func whatWasTakenFromBelowItsUsersStillRuns() throws {
        let lab = try Lab()
        try #require(try lab.act("start").exit == 0)
        try lab.leave("exec 3>\(lab.directory)/file; exec sleep 100")
        try lab.shell("umount -l \(lab.directory)")
        #expect(try lab.act("status").exit == 4)
        try lab.shell("mount -t tmpfs none \(lab.directory)")
        #expect(try lab.act("status").exit == 4)
        let stop = try lab.act("stop")
        #expect(stop.exit == 0)
        #expect(stop.output.contains("SIGTERM to sleep"))
        #expect(try lab.act("status").exit == 3)
    }

    @Test func aMountUnderAnotherIsFound() throws {
        let lab = try Lab()
        try #require(try lab.act("start").exit == 0)
        try lab.shell("mount -t tmpfs none \(lab.directory)")
        #expect(try lab.act("status").exit == 4)
        #expect(try lab.act("stop").exit == 0)
        #expect(try lab.act("status").exit == 3)
    }

    @Test func aPathThatIsGoneTellsNothing() throws {
        let lab = try Lab()
        let link = lab.scratch.path + "/device"
        try lab.shell("ln -s \(lab.device) \(link)")
        let words = [link, lab.directory, "ext4"]
        try #require(try lab.act("start", words).exit == 0)
        try lab.shell("rm \(link)")
        #expect(try lab.act("status", words).exit == 4)
        let stop = try lab.act("stop", words, milliseconds: 1500)
        #expect(stop.exit == 1)
        #expect(stop.output.contains("there is no such device any more"))
    }

    @Test func anyDeviceOfSeveralIsTheFilesystem() throws {
        let lab = try Lab("mkfs.btrfs -q -f", megabytes: 128)
        let second = lab.scratch.path + "/second"
        let made = try lab.shell(
            "truncate -s 128M \(second); l=$(losetup -f --show \(second)); echo $l; mkfs.btrfs -q -f \(lab.device) $l"
        )
        let other = made.output.split(separator: "\n").first.map(String.init) ?? ""
        defer { _ = try? lab.shell("losetup -d \(other)") }
        let words = [other, lab.directory, "btrfs"]
        let start = try lab.act("start", words)
        #expect(start.exit == 0, "\(start.output)")
        #expect(try lab.act("status", words).exit == 0)
        #expect(try lab.act("stop", words).exit == 0)
        #expect(try lab.shell("mountpoint -q \(lab.directory)").exit != 0)
    }

    @Test func aSubvolumeIsNotAnother() throws {
        let lab = try Lab("mkfs.btrfs -q -f", megabytes: 128)
        try lab.shell(
            "mkdir -p \(lab.directory) \(lab.directory)-b; mount \(lab.device) \(lab.directory); "
                + "btrfs -q subvolume create \(lab.directory)/a; btrfs -q subvolume create \(lab.directory)/b; "
                + "umount \(lab.directory)"
        )
        let first = [lab.device, lab.directory, "btrfs", "subvol=a"]
        let second = [lab.device, lab.directory + "-b", "btrfs", "subvol=b"]
        #expect(try lab.act("start", first).exit == 0)
        #expect(try lab.act("status", [lab.device, lab.directory, "btrfs", "subvol=b"]).exit == 3)
        #expect(try lab.act("start", second).exit == 0)
        #expect(try lab.act("stop", first).exit == 0)
        #expect(try lab.act("status", second).exit == 0)
        #expect(try lab.act("stop", second).exit == 0)
    }

    @Test func aDeviceThatCannotBeWrittenIsNotServed() throws {
        let lab = try Lab()
        try lab.shell("blockdev --setro \(lab.device)")
        // The kernel keeps it for whoever gets the loop device next.
        defer { _ = try? lab.shell("blockdev --setrw \(lab.device)") }
        let start = try lab.act("start")
        #expect(start.exit == 1)
        #expect(start.output.contains("read-only"))
        #expect(try lab.act("status").exit == 3)
    }

    /// Who worked in the directory before anything was mounted on it uses nothing of it.
    @Test func aBystanderIsLeftAlone() throws {
        let lab = try Lab()
        try lab.shell("mkdir \(lab.directory)")
        try lab.leave("cd \(lab.directory); exec sleep 100")
        try #require(try lab.act("start").exit == 0)
        let stop = try lab.act("stop")
        #expect(stop.exit == 0)
        #expect(!stop.output.contains("SIGTERM"))
    }

    /// A start that is ended ends what it runs, also what mount(8) runs.
    @Test func aStartThatIsEndedMountsNothingLater() throws {
        let lab = try Lab()
        let helper = "#!/bin/sh\nsleep 3\nexec mount -i -t ext4 \(lab.device) \(lab.directory)\n"
        try helper.write(toFile: lab.scratch.path + "/helper", atomically: true, encoding: .utf8)
        try lab.shell(
            "chmod 755 \(lab.scratch.path)/helper; mkdir -p \(lab.scratch.path)/sbin; "
                + "cp \(lab.scratch.path)/helper \(lab.scratch.path)/sbin/mount.slow; "
                + "mount -t tmpfs none /usr/local; mkdir -p /usr/local/bin; "
                + "printf '#!/bin/sh\\n\(lab.scratch.path)/helper & wait\\n' >/usr/local/bin/mount; "
                + "chmod 755 /usr/local/bin/mount"
        )
        let words = "\(Program.resource) Filesystem \(lab.device) \(lab.directory) ext4 start"
        let run = try lab.shell(
            "PATH=/usr/local/bin:$PATH timeout -s TERM 1 \(words); echo code $?; sleep 4; mountpoint \(lab.directory)"
        )
        #expect(run.output.contains("code 124"))
        #expect(run.output.contains("is not a mountpoint"), "\(run.output)")
    }

    @Test func aFilesystemThatBecameReadOnlyDoesNotServe() throws {
        let lab = try Lab()
        try #require(try lab.act("start").exit == 0)
        try lab.shell("mount -o remount,ro \(lab.directory)")
        #expect(try lab.act("status").exit == 0)
        let monitor = try lab.act("monitor")
        #expect(monitor.exit == 1)
        #expect(monitor.output.contains("has become read-only"))
        #expect(try lab.act("monitor", [lab.device, lab.directory, "ext4", "ro"]).exit == 0)
    }

    @Test func aTypeWithoutAJournalIsCheckedFirst() throws {
        let lab = try Lab("mkfs.ext2 -q -F")
        // As after a power cut: not unmounted.
        try lab.shell("debugfs -w -R 'set_super_value state 0' \(lab.device)")
        let words = [lab.device, lab.directory, "ext2"]
        #expect(try lab.act("start", words).exit == 0)
        #expect(
            try lab.shell("dumpe2fs -h \(lab.device) 2>/dev/null | grep -c 'Last checked'").exit
                == 0
        )
        #expect(try lab.act("stop", words).exit == 0)
        try lab.shell("dd if=/dev/zero of=\(lab.device) bs=1024 seek=1 count=1 conv=notrunc")
        let broken = try lab.act("start", words)
        #expect(broken.exit == 1)
        #expect(broken.output.contains("fsck.ext2 cannot repair"))
    }

    @Test func aDirectoryIsBound() throws {
        let lab = try Lab()
        try #require(try lab.act("start").exit == 0)
        try lab.shell("mkdir \(lab.directory)/www; touch \(lab.directory)/www/page")
        let words = [lab.directory + "/www", lab.scratch.path + "/www", "none", "bind"]
        #expect(try lab.act("status", words).exit == 3)
        #expect(try lab.act("start", words).exit == 0)
        #expect(try lab.act("status", words).exit == 0)
        #expect(try lab.shell("test -f \(lab.scratch.path)/www/page").exit == 0)
        #expect(try lab.act("stop", words).exit == 0)
        #expect(try lab.act("stop").exit == 0)
    }

    @Test(
        arguments: [
            (["/dev/x"], "it takes DEVICE DIRECTORY"), (["/dev/x", "relative"], "no mount point"),
            (["/dev/x", "/"], "no mount point"), (["device", "/mnt"], "is no device"),
            (["LABEL=", "/mnt"], "names nothing"),
        ]
    )
    func wrongWordsAreSaid(words: [String], message: String) throws {
        let run = try Program.run(Program.resource, ["Filesystem"] + words + ["start"])
        #expect(run.exit == 2)
        #expect(run.output.contains(message))
    }
}
