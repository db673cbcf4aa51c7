// ha.cf's `parallel`: which resources start side by side, and what is said of those that cannot.

import Failover
import Testing

@testable import Configuration

private func read(_ parallel: String, _ haresources: String) -> ConfigurationCheck {
    ConfigurationCheck(files(goodHaCf + parallel + "\n", haresources), node: "l0")
}

/// The blocks of the first group, by the directories of their mounts.
private func blocks(_ parallel: String, _ haresources: String) throws -> [[String]] {
    let configuration = try #require(read(parallel, haresources).configuration)
    let resources = configuration.settings().groups[0].resources
    var blocks: [[String]] = []
    for (place, resource) in configuration.groups[0].resources.enumerated() {
        let name = resource.arguments.count > 1 ? resource.arguments[1] : resource.text
        if resources[place].isBesidePrevious {
            blocks[blocks.count - 1].append(name)
        } else {
            blocks.append([name])
        }
    }
    return blocks
}

@Suite struct ParallelTests {
    static let four =
        "l0 drbddisk::r0 drbddisk::r1 Filesystem::/dev/drbd0::/a Filesystem::/dev/drbd1::/b "
        + "Filesystem::/dev/drbd2::/c 10.0.0.1\n"

    @Test(arguments: [
        ("", [["drbddisk::r0"], ["drbddisk::r1"], ["/a"], ["/b"], ["/c"], ["10.0.0.1"]]),
        (
            "parallel Filesystem",
            [["drbddisk::r0"], ["drbddisk::r1"], ["/a", "/b", "/c"], ["10.0.0.1"]]
        ),
        (
            "parallel drbddisk Filesystem",
            [["drbddisk::r0", "drbddisk::r1"], ["/a", "/b", "/c"], ["10.0.0.1"]]
        ),
        (
            "parallel Filesystem::/dev/drbd1::/b Filesystem::/dev/drbd2::/c",
            [["drbddisk::r0"], ["drbddisk::r1"], ["/a"], ["/b", "/c"], ["10.0.0.1"]]
        ),
        (
            "parallel Filesystem::/dev/drbd0::/a\nparallel Filesystem::/dev/drbd2::/c",
            [["drbddisk::r0"], ["drbddisk::r1"], ["/a"], ["/b"], ["/c"], ["10.0.0.1"]]
        ),
        (
            "parallel IPaddr drbddisk",
            [["drbddisk::r0", "drbddisk::r1"], ["/a"], ["/b"], ["/c"], ["10.0.0.1"]]
        ),
    ])
    func neighboursOfOneTypeThatAreAllNamedAreSideBySide(
        parallel: String,
        expected: [[String]]
    ) throws {
        #expect(try blocks(parallel, Self.four) == expected)
    }

    @Test(arguments: [
        "Filesystem::/dev/sda1::/a Filesystem::/dev/sdb1::/a/b",
        "Filesystem::/dev/sdb1::/a/b Filesystem::/dev/sda1::/a",
        "Filesystem::/dev/sda1::/a Filesystem::/::/b::none::rbind",
        "Filesystem::/dev/sda1::/a/ Filesystem::/dev/sdc1::/c Filesystem::/a/b::/b::none::bind",
    ])
    func aMountThatNeedsAnotherBesideItIsAnError(resources: String) throws {
        let check = read("parallel Filesystem", "l0 \(resources)\n")
        #expect(check.configuration == nil)
        let found = try #require(check.diagnostics.first { $0.code == .mountedInside })
        #expect(found.severity == .error)
        #expect(found.message.contains("needs what is mounted on '/a"), "\(found.message)")
        #expect(found.hint?.contains("leave this one out") == true)
        let apart = "parallel Filesystem::/dev/sdc1::/c Filesystem::/dev/sdd1::/d"
        #expect(
            read(apart, "l0 \(resources) Filesystem::/dev/sdd1::/d\n").configuration != nil
        )
    }

    @Test func optionsAndAgentsAreReadAsHaresourcesHasThem() throws {
        let mounts =
            "Filesystem::/dev/sda1::/a::ext4::noatime,nodev Filesystem::/dev/sdb1::/b::ext4::noatime,nodev"
        #expect(try blocks("parallel \(mounts)", "l0 \(mounts)\n") == [["/a", "/b"]])
        let agents = "OCF::LVM::vg OCF::Filesystem::a OCF::Filesystem::b"
        #expect(try blocks("parallel OCF", "l0 \(agents)\n") == [["vg"], ["a", "b"]])
    }

    @Test func aSiblingIsNotInside() {
        let check = read(
            "parallel Filesystem",
            "l0 Filesystem::/dev/sda1::/a Filesystem::/dev/sdb1::/ab\n"
        )
        #expect(!check.diagnostics.contains { $0.code == .mountedInside })
    }

    @Test(arguments: [
        (
            "parallel drbdisk",
            "no resource of haresources is 'drbdisk', so its parallel is without effect"
        ),
        (
            "parallel linkserv",
            "'linkserv' has no neighbour of its type that `parallel` names too, addresses apart: it starts alone"
        ),
        (
            "parallel IPaddr",
            "'IPaddr' has no neighbour of its type that `parallel` names too, addresses apart: it starts alone"
        ),
    ])
    func whatStaysAloneIsSaid(parallel: String, expected: String) {
        let check = read(parallel, "l0 drbddisk::r0 10.0.0.1 10.0.0.2 linkserv\n")
        #expect(check.diagnostics.map(\.message).contains(expected), "\(check.diagnostics)")
    }
}
