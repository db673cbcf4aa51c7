// Control groups: where they can be made, from texts of the kernel, and what the freezers of this
// machine do.

import Glibc
import Testing

@testable import Linux

/// The freezers in which this machine lets groups be made.
let freezers: [ControlGroup.Version] = [.second, .first].filter { version in
    guard let group = try? ControlGroup.make("baton-probe-\(ProcessID.current)", [version]) else {
        return false
    }
    return (try? group.remove()) != nil
}

@Suite struct ControlGroupPlaceTests {
    private func places(_ mounts: String, _ membership: String) -> [String] {
        ControlGroup.places(mounts: Array(mounts.utf8), membership: Array(membership.utf8))
            .map { "\($0.version.rawValue) \($0.path)" }
    }

    @Test func belowAUnitOnDebianThereIsOneHierarchy() {
        let mounts = """
            24 30 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw
            29 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate

            """
        #expect(
            places(mounts, "0::/system.slice/batond.service\n")
                == ["2 /sys/fs/cgroup/system.slice/batond.service"]
        )
        #expect(places(mounts, "0::/\n") == ["2 /sys/fs/cgroup"])
    }

    @Test func bothVersionsAreFoundTheSecondFirst() {
        let mounts = """
            37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
            40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:1 master:2 - cgroup2 cgroup2 rw

            """
        let membership = """
            9:name=systemd:/system.slice/batond.service
            6:cpu,freezer:/a
            0::/system.slice/batond.service

            """
        #expect(
            places(mounts, membership) == [
                "2 /sys/fs/cgroup/unified/system.slice/batond.service",
                "1 /sys/fs/cgroup/freezer/a",
            ]
        )
        // Neither a hierarchy that this process is not in, nor one that is not mounted.
        #expect(places(mounts, "6:freezer:/\n") == ["1 /sys/fs/cgroup/freezer"])
        #expect(places("", membership) == [])
        #expect(places(mounts, "6:freezerx:/\n9:name=freezer:/\n") == [])
        #expect(places(mounts, "1::/\n0::\n0\n") == [])
    }

    @Test func aMountOfAPartCountsWhereItShowsOurPlace() {
        let mounts = """
            50 1 0:30 /other /mnt/other rw - cgroup2 none rw
            51 1 0:30 /docker/ab /sys/fs/cgroup rw - cgroup2 none rw
            52 1 0:30 / /later rw - cgroup2 none rw

            """
        #expect(places(mounts, "0::/docker/ab\n") == ["2 /sys/fs/cgroup"])
        #expect(places(mounts, "0::/docker/ab/c/d\n") == ["2 /sys/fs/cgroup/c/d"])
        #expect(places(mounts, "0::/docker/abc\n") == ["2 /later/docker/abc"])
        // Moved out of its namespace's root: nothing there can be reached.
        #expect(places("1 1 0:1 / /c rw - cgroup2 none rw\n", "0::/../x\n") == [])
    }

    @Test func blanksInTheNameOfAMountAreRead() {
        let line = #"51 1 0:30 /a\040b /mnt/c\134d\011e\04 rw - cgroup2 my\040source rw"#
        #expect(places(line + "\n", "0::/a b/x\n") == ["2 /mnt/c\\d\te\\04/x"])
        #expect(places(#"51 1 0:30 / /mnt\012/c rw - cgroup2 x rw"# + "\n", "0::/\n") == [])
        #expect(places("/ - cgroup2\n51 1 0:30 / /mnt rw - cgroup2 x\n", "0::/\n") == [])
    }

    @Test func eventsAndNumbersAreRead() {
        let events = Array("populated 1\nfrozen 0\n".utf8)
        #expect(ControlGroup.event("populated", in: events) == true)
        #expect(ControlGroup.event("frozen", in: events) == false)
        #expect(ControlGroup.event("froz", in: events) == nil)
        #expect(ControlGroup.event("frozen", in: Array("frozen\nfrozen 2\n".utf8)) == nil)
        #expect(ControlGroup.numbers(Array("12\n0\n7\n".utf8)) == [12, 0, 7])
        #expect(ControlGroup.numbers([]) == [])
    }
}

@Suite(.enabled(if: !freezers.isEmpty, "no freezer cgroup here"))
struct ControlGroupTests {
    /// A shell that counts into `lines` as fast as it can, in a new group.
    private func withCounter(
        _ version: ControlGroup.Version,
        _ body: (ControlGroup, ChildProcess, _ lines: () throws -> Int) throws -> Void
    ) throws {
        try withDirectory { directory in
            let group = try ControlGroup.make("baton-test-\(ProcessID.current)", [version])
            let child = try ChildProcess(
                Command("/bin/sh", ["-c", "while :; do echo >> \(directory)/lines; done"])
            )
            defer {
                _ = try? group.thaw()
                _ = try? child.sendToGroup(.kill)
                _ = try? end(of: child)
                _ = try? wait { try !group.isPopulated() }
                _ = try? group.remove()
            }
            try group.add(child.identity.id)
            try child.open()
            let lines = { try Files.read("\(directory)/lines", maximum: 1 << 26).count }
            try wait { (try? lines()) ?? 0 > 10 }
            try body(group, child, lines)
        }
    }

    /// Lets all of a group stand still and then end; the lines when they stood still.
    private func endStanding(_ group: ControlGroup, _ lines: () throws -> Int) throws -> Int {
        try group.freeze()
        try wait { try group.isFrozen() }
        let before = try lines()
        try wait {
            try group.killFrozen()
            return try !group.isPopulated()
        }
        return before
    }

    /// Looks every millisecond until it is so.
    private func wait(_ isSo: () throws -> Bool) throws {
        let deadline = BootClock.now + 20_000_000_000
        let poller = try Poller()
        while try !isSo() {
            try #require(BootClock.now < deadline, "waited in vain")
            try pause(poller, 1_000_000)
        }
    }

    private func pause(_ poller: Poller, _ nanoseconds: Int64) throws {
        try poller.arm(at: BootClock.now + nanoseconds)
        _ = try poller.wait()
    }

    @Test(arguments: freezers)
    func whatStandsStillWritesNothingAndGoesOn(version: ControlGroup.Version) throws {
        try withCounter(version) { group, child, lines in
            #expect(try group.processes() == [child.identity.id])
            #expect(try group.isPopulated())
            #expect(try group.isThawed())
            #expect(try group.isFreezeAsked() == false)
            try group.freeze()
            #expect(try group.isFreezeAsked())
            try wait { try group.isFrozen() }
            #expect(try group.isThawed() == false)
            let before = try lines()
            try pause(Poller(), 50_000_000)
            #expect(try lines() == before)
            try group.thaw()
            try wait { try group.isThawed() && lines() > before }
            #expect(try group.processes() == [child.identity.id])
        }
    }

    @Test(arguments: freezers)
    func whatStandsStillEndsWithoutAnotherLine(version: ControlGroup.Version) throws {
        try withCounter(version) { group, child, lines in
            let before = try endStanding(group, lines)
            #expect(try end(of: child) == .killed(.kill, dumpedCore: false))
            #expect(try lines() == before)
            #expect(try group.processes() == [])
            try group.remove()
            #expect(!group.exists)
            try group.remove()
        }
    }

    /// Nothing of v1 goes on before each has its signal: here one cannot have it.
    @Test func whatCannotBeEndedIsNotThawed() throws {
        try withDirectory { directory in
            let group = ControlGroup(version: .first, path: directory)
            for (name, text) in [("cgroup.procs", "0\n"), ("freezer.state", "FROZEN\n")] {
                try Files.replaceDurably("\(directory)/\(name)", with: Array(text.utf8))
            }
            expect(.notPermitted) { () throws(SystemError) in try group.killFrozen() }
            let state = try Files.read(directory + "/freezer.state", maximum: 100)
            #expect(state == Array("FROZEN\n".utf8))
        }
    }

    @Test(arguments: freezers)
    func groupsBelowBelongToIt(version: ControlGroup.Version) throws {
        try withCounter(version) { group, child, lines in
            let below = try ControlGroup.make("below", in: group)
            #expect(below.path == group.path + "/below-1")
            try below.add(child.identity.id)
            #expect(try group.processes() == [child.identity.id])
            expect(Errno(rawValue: EBUSY)) { () throws(SystemError) in try group.remove() }
            let before = try endStanding(group, lines)
            #expect(try lines() == before)
            try group.remove()
            #expect(!group.exists)
        }
    }

    @Test(arguments: freezers)
    func aNameThatIsTakenIsNotUsed(version: ControlGroup.Version) throws {
        let stem = "baton-test-name-\(ProcessID.current)"
        let one = try ControlGroup.make(stem, [version])
        defer { _ = try? one.remove() }
        let two = try ControlGroup.make(stem, [version])
        defer { _ = try? two.remove() }
        #expect(one.path.hasSuffix("/\(stem)-1"))
        #expect(two.path.hasSuffix("/\(stem)-2"))
        #expect(one.version == version && two.version == version)
        #expect(try one.processes() == [])
        #expect(try one.isPopulated() == false)
    }
}
