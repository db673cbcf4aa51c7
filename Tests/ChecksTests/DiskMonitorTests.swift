// disk.monitor against directories that write, do not, and hang for real.

import Foundation
import Testing

@testable import Checks

@Suite struct DiskMonitorTests {
    @Test func aDirectoryThatWritesPassesAndStaysEmpty() throws {
        try withDirectory { (directory: String) throws in
            #expect(try monitor("disk.monitor", directory) == Ended(code: 0, output: ""))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
        }
    }

    @Test func whatAKilledProbeLeftIsReplacedAndALinkIsNotFollowed() throws {
        try withDirectory { (directory: String) throws in
            let target = directory + "/target"
            try "precious".write(toFile: target, atomically: false, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                atPath: directory + "/.baton-probe",
                withDestinationPath: target
            )
            #expect(try monitor("disk.monitor", directory).code == 0)
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
        }
    }

    @Test func aMissingDirectoryAndOneThatIsNoneFail() throws {
        try withDirectory { (directory: String) throws in
            let file = directory + "/file"
            try "".write(toFile: file, atomically: false, encoding: .utf8)
            let ended = try monitor("disk.monitor", directory, file, "/nonexistent")
            #expect(ended.code == 1)
            #expect(
                ended.output == """
                    /nonexistent \(file)
                    \(file): unlink \(file)/.baton-probe: ENOTDIR (Not a directory)
                    /nonexistent: open /nonexistent/.baton-probe: ENOENT (No such file or directory)

                    """
            )
        }
    }

    @Test(.needsRoot) func aFileSystemThatIsFullOrReadOnlyFails() throws {
        try withDirectory { (directory: String) throws in
            let script = """
                mount -t tmpfs -o size=4k none "$1"; head -c 4096 /dev/zero >"$1/full" || :
                "$2" disk.monitor "$1" || :
                mount -o remount,ro "$1"
                "$2" disk.monitor "$1" || :
                """
            let said = try succeed(
                "/usr/bin/unshare",
                ["-m", "sh", "-euc", script, "sh", directory, Program.monitor]
            )
            #expect(
                said.contains("\(directory): write \(directory)/.baton-probe: ENOSPC"),
                "\(said)"
            )
            #expect(
                said.contains("\(directory): unlink \(directory)/.baton-probe: EROFS")
                    || said.contains("\(directory): open \(directory)/.baton-probe: EROFS"),
                "\(said)"
            )
        }
    }

    /// A file system that is frozen holds every writer, in the kernel and beyond SIGKILL, as a disk does
    /// that does not answer.
    @Test(.needsRoot, .enabled("no file system can be frozen here") { canFreeze() })
    func aDiskThatHangsIsToldAndNotPiledUpon() throws {
        try withDirectory { (directory: String) throws in
            let script = """
                cd "$1"; mkdir disk; truncate -s 8M image; mkfs.ext4 -q image; mount -o loop image disk
                trap 'fsfreeze -u disk 2>/dev/null || :; umount disk' EXIT
                fsfreeze -f disk
                for turn in 1 2 3; do
                    "$2" disk.monitor -t 0.3 "$1/disk" "$1" && exit 1
                    # On a busy machine its child may not have become the probe yet, nor have taken its lock.
                    for look in $(seq 3000); do pgrep -f "disk-probe $1/disk " >/dev/null && break; sleep 0.01; done
                    sleep 1
                done
                pgrep -c -f "disk-probe $1/disk " || :
                fsfreeze -u disk
                for turn in $(seq 200); do pgrep -f "disk-probe $1/disk " >/dev/null || break; sleep 0.01; done
                "$2" disk.monitor "$1/disk"
                """
            let said = try succeed(
                "/usr/bin/unshare",
                ["-m", "bash", "-euc", script, "bash", directory, Program.monitor]
            )
            let lines = said.split(separator: "\n").map(String.init)
            let disk = directory + "/disk"
            try #require(lines.count == 7, "\(said)")
            #expect(lines[0] == disk)
            #expect(lines[1] == "\(disk): a write hangs, for more than 300ms")
            for index in [3, 5] {
                #expect(
                    lines[index].wholeMatch(
                        of: /(\/.*\/disk): a write still hangs since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/
                    )?.1.description == disk,
                    "\(lines[index])"
                )
            }
            #expect(lines[6] == "1", "one probe hangs, not three")
        }
    }

    static func canFreeze() -> Bool {
        guard Program.find("fsfreeze") != nil, Program.find("mkfs.ext4") != nil else {
            return false
        }
        return
            (try? withDirectory { (directory: String) throws in
                try Running(
                    "/usr/bin/unshare",
                    [
                        "-m", "sh", "-euc",
                        "cd \(directory); mkdir d; truncate -s 8M i; mkfs.ext4 -q i; mount -o loop i d; umount d",
                    ]
                ).end().code == 0
            }) ?? false
    }

    @Test func aProbeThatOnlyBeganIsWaitedForAndNotHeldForHanging() throws {
        try withDirectory { (directory: String) throws in
            let locks = try DiskProbe.lockDirectory()
            let lock = DiskProbe.lock(of: directory, in: locks)
            defer { try? FileManager.default.removeItem(atPath: lock) }
            let holder = try Companion(
                "exec 9>'\(lock)'; flock 9; touch '\(lock)'; echo held",
                finally: ":"
            )
            #expect(holder.greeting == "held")
            let running = try Running(Program.monitor, ["disk.monitor", "-t30", directory])
            // Its probe waits for the lock.
            #expect(eventually { family(of: running.process.processIdentifier).count == 2 })
            try holder.end()
            #expect(running.end() == Ended(code: 0, output: ""))
        }
    }

    @Test func aLockIsOfOneDirectory() {
        #expect(DiskProbe.lock(of: "/mnt/a.b-c", in: "/l") == "/l/disk-%2fmnt%2fa.b%2dc")
        #expect(DiskProbe.lock(of: "/" + String(repeating: "x", count: 300), in: "/l").count == 208)
    }
}
