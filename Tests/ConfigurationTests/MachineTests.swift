// What a machine does beside Baton: /etc/fstab, links of the boot, users, data directories; on files as Debian has them.

import Testing

@testable import Configuration

/// A machine in memory: files with text, links with targets, owners of directories.
struct FakeMachine {
    var files: [String: String] = [:]
    var links: [String: String] = [:]
    var owners: [String: UInt32] = [:]
    var cutsConnections: Bool?
    var filtersPackets: Bool?

    /// A Debian 12 with MariaDB, DRBD and a script of the article; nothing of it is enabled.
    static let debian = FakeMachine(
        files: [
            "/etc/passwd": """
            root:x:0:0:root:/root:/bin/bash
            mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
            mysql:x:110:117:MySQL Server,,,:/nonexistent:/bin/false
            postgres:x:112:119:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
            broken:x:twelve:12::/:/bin/sh

            """,
            "/etc/fstab": """
            # /etc/fstab: static file system information.
            #
            # <file system> <mount point>   <type>  <options>       <dump>  <pass>
            # / was on /dev/sda1 during installation
            UUID=0a3407de-014b-458b-b5c1-848e92a327a3 /               ext4    errors=remount-ro 0       1
            UUID=f9fe0b69-a280-415d-a03a-a32752370dee none            swap    sw              0       0
            /dev/sr0        /media/cdrom0   udf,iso9660 user,noauto     0       0

            """,
            "/lib/systemd/system/mariadb.service": "", "/run/systemd/system": "",
            "/etc/init.d/mysqld-max": "", "/etc/init.d/drbd": "", "/dev/drbd0": "",
        ],
        links: [
            "/lib/systemd/system/mysql.service": "mariadb.service",
            "/lib/systemd/system/mysqld.service": "mariadb.service",
            "/etc/systemd/system/multi-user.target.wants/ssh.service":
                "/lib/systemd/system/ssh.service",
            "/etc/systemd/system/multi-user.target.wants/drbd.service":
                "/lib/systemd/system/drbd.service",
            "/etc/rc2.d/S70drbd": "../init.d/drbd", "/etc/rc2.d/K01mysqld-max": "../init.d/x",
            "/dev/disk/by-uuid/6d0d3a4c-4f3e-4d4a-9d9e-0c8b9d5d9a11": "../../drbd0",
            "/dev/disk/by-label/sql\\x20data": "../../drbd0",
            "/dev/drbd/by-res/r0/0": "../../../drbd0",
        ]
    )

    private var paths: [String] { Array(files.keys) + Array(links.keys) + Array(owners.keys) }

    var look: MachineLook {
        MachineLook(
            list: { directory in
                let inside = paths.filter { $0.hasPrefix(directory + "/") }
                return Set(
                    inside.compactMap {
                        $0.dropFirst(directory.count + 1).split(separator: "/").first
                    }
                ).map(String.init).sorted()
            },
            link: { links[$0] },
            read: { files[$0].map { Array($0.utf8) } },
            owner: { owners[$0] },
            isExecutable: { files[$0] != nil },
            exists: { files[$0] != nil || links[$0] != nil },
            cutsConnections: cutsConnections,
            filtersPackets: filtersPackets
        )
    }

    func facts(_ groups: [ResourceGroup]) -> MachineFacts {
        MachineFacts(of: groups, ResourceLookup(configuration: "/etc/baton"), look)
    }
}

/// What `baton check` says of a haresources on a machine, and on two where the other one's is given.
private func check(
    _ resources: String,
    on machine: FakeMachine,
    and other: FakeMachine? = nil,
    haCf: String = goodHaCf
) -> [Diagnostic] {
    let haresources = ConfigurationFile(name: "haresources", text: "l0 \(resources)\n")
    let files = ConfigurationFiles(
        haCf: ConfigurationFile(name: "ha.cf", text: haCf + "bcast eth2\n"),
        haresources: haresources,
        authkeys: goodKeys
    )
    let groups = HaresourcesParser.parse(haresources, nodes: ["l0", "l1"], stateless: []).0.groups
    let told = other.map { $0.facts(groups).text }
    return ConfigurationCheck(
        files,
        node: "l0",
        machine: machine.facts,
        peerMachine: told.flatMap { MachineFacts(text: Array($0.utf8), node: "l1") }
    ).diagnostics
}

private func text(_ found: [Diagnostic]) -> String { Diagnostic.text(found) }

@Suite("What a machine does beside Baton") struct MachineTests {
    private let storage = "drbddisk::r0 Filesystem::/dev/drbd0::/mnt/drbd::ext4"

    // MARK: boot

    @Test func aMachineThatMindsItsOwnBusinessIsNotBlamed() {
        #expect(check("\(storage) mysql::/mnt/drbd/mysql 10.0.0.1/24", on: .debian) == [])
        // Started at the boot, and the group only moves its resource.
        #expect(check("drbddisk::r0", on: .debian, and: .debian) == [])
    }

    @Test func aUnitThatIsEnabledIsFoundWithItsCommand() {
        var machine = FakeMachine.debian
        machine.files["/lib/systemd/system/linkserv.service"] = ""
        machine.links["/etc/systemd/system/multi-user.target.wants/linkserv.service"] =
            "/lib/systemd/system/linkserv.service"
        let found = check("Delay::1 linkserv", on: machine)
        #expect(
            text(found) == """
                haresources:1:13: warning: the boot starts 'linkserv' too, by \
                /etc/systemd/system/multi-user.target.wants/linkserv.service: it runs whether or not this node \
                holds the group
                    l0 Delay::1 linkserv
                                ^
                    hint: systemctl disable linkserv

                """
        )
        // A script of the administrator is no unit, whatever it is called.
        machine.files["/etc/baton/resource.d/linkserv"] = ""
        #expect(check("linkserv", on: machine) == [])
    }

    @Test func theServerOfABuiltInDatabaseIsFoundByAnyOfItsNames() {
        for link in ["mariadb.service", "mysql.service"] {
            var machine = FakeMachine.debian
            machine.links["/etc/systemd/system/multi-user.target.wants/" + link] =
                "/lib/systemd/system/mariadb.service"
            let found = check("\(storage) mysql::/mnt/drbd/mysql", on: machine)
            #expect(found.map(\.code) == [.startedAtBoot])
            #expect(found.first?.hint == "systemctl disable mariadb")
            // The unit itself as the resource, by its alias.
            machine.files["/lib/systemd/system/mysql.service"] = ""
            #expect(check("mysql", on: machine).map(\.hint) == ["systemctl disable mariadb"])
        }
        var socket = FakeMachine.debian
        socket.links["/etc/systemd/system/sockets.target.wants/mariadb.socket"] =
            "/lib/systemd/system/mariadb.socket"
        #expect(
            check("\(storage) mysql::/mnt/drbd/mysql", on: socket).map(\.hint) == [
                "systemctl disable mariadb.socket"
            ]
        )
        var cluster = FakeMachine.debian
        cluster.links["/etc/systemd/system/multi-user.target.wants/postgresql@15-main.service"] =
            "/lib/systemd/system/postgresql@.service"
        #expect(
            check("\(storage) postgres::/mnt/drbd/pg", on: cluster).map(\.hint) == [
                "systemctl disable postgresql@15-main"
            ]
        )
    }

    @Test func aMaskedUnitIsNotStarted() {
        var machine = FakeMachine.debian
        machine.links["/etc/systemd/system/multi-user.target.wants/mariadb.service"] =
            "/lib/systemd/system/mariadb.service"
        machine.links["/etc/systemd/system/mariadb.service"] = "/dev/null"
        #expect(check("\(storage) mysql::/mnt/drbd/mysql", on: machine) == [])
    }

    @Test func anInitScriptOfTheBootIsFound() {
        var machine = FakeMachine.debian
        machine.links["/etc/rc3.d/S19mysqld-max"] = "../init.d/mysqld-max"
        let found = check("Delay::1 mysqld-max", on: machine)
        #expect(
            found.first?.message
                == "the boot starts 'mysqld-max' too, by /etc/rc3.d/S19mysqld-max: it runs whether or not this node "
                + "holds the group"
        )
        #expect(found.map(\.hint) == ["update-rc.d mysqld-max disable"])
        // What a group starts counts, also DRBD itself.
        #expect(check("drbd", on: .debian).map(\.hint) == ["systemctl disable drbd"])
        #expect(
            check("Delay::1", on: .debian, and: .debian) == [],
            "the boot's own business"
        )
    }

    @Test func theOtherNodesBootIsToldToo() {
        var other = FakeMachine.debian
        other.links["/etc/systemd/system/multi-user.target.wants/mariadb.service"] =
            "/lib/systemd/system/mariadb.service"
        let found = check("\(storage) mysql::/mnt/drbd/mysql", on: .debian, and: other)
        #expect(found.map(\.hint) == ["on l1: systemctl disable mariadb"])
        #expect(found.first?.message.hasPrefix("on l1, the boot starts 'mariadb' too") == true)
    }

    // MARK: fstab

    private func fstab(_ line: String) -> FakeMachine {
        var machine = FakeMachine.debian
        machine.files["/etc/fstab", default: ""] += line + "\n"
        return machine
    }

    @Test func aFilesystemThatTheBootMountsIsFoundAtItsLine() {
        #expect(
            text(check(storage, on: fstab("/dev/drbd0 /srv ext4 defaults 0 2"))) == """
                /etc/fstab:8:22: warning: the boot mounts what 'Filesystem::/dev/drbd0::/mnt/drbd::ext4' of \
                haresources mounts, whether or not this node holds the group
                    /dev/drbd0 /srv ext4 defaults 0 2
                                         ^
                    hint: add the option noauto, or remove the line

                """
        )
    }

    @Test(arguments: [
        "/dev/sdb1 /mnt/drbd ext4 defaults,nofail 0 2", "/dev/sdb1\t/mnt/drbd/",
        "UUID=6d0d3a4c-4f3e-4d4a-9d9e-0c8b9d5d9a11 /srv ext4 rw", "LABEL=sql\\040data /srv ext4 rw",
        "UUID=\"6d0d3a4c-4f3e-4d4a-9d9e-0c8b9d5d9a11\" /srv ext4 rw",
        "/dev/drbd/by-res/r0/0 /srv ext4 noatime", "/dev/drbd0 /srv ext4 noauto,auto",
        "/dev/disk/by-uuid/6d0d3a4c-4f3e-4d4a-9d9e-0c8b9d5d9a11 /srv",
        "/dev/drbd0 /mnt/drbd ext4 noauto,x-systemd.automount",
    ])
    func aDeviceIsKnownByEachOfItsNames(line: String) {
        #expect(check(storage, on: fstab(line)).map(\.code) == [.mountedAtBoot])
    }

    @Test(arguments: [
        "/dev/drbd0 /mnt/drbd ext4 noauto 0 0", "# /dev/drbd0 /mnt/drbd ext4 defaults 0 0",
        "/dev/drbd1 /mnt/drbd1 ext4 defaults 0 0", "/dev/drbd0", "/dev/sdc1 /mnt/drbd2 ext4 rw",
        "/dev/sdc1 /mnt ext4 rw 0 2",
    ])
    func otherLinesAreNobodysBusiness(line: String) {
        #expect(check(storage, on: fstab(line)) == [])
    }

    @Test func aDeviceByItsTagIsKnownByItsPath() {
        let tag = "Filesystem::UUID=6d0d3a4c-4f3e-4d4a-9d9e-0c8b9d5d9a11::/mnt/drbd"
        #expect(check(tag, on: fstab("/dev/drbd0 /srv ext4 rw")).map(\.code) == [.mountedAtBoot])
    }

    @Test func whatIsWrittenOnTheDeviceIsTheSameOnTheOtherNode() {
        // Where DRBD is secondary udev cannot read the device, so only the holder knows the names.
        var standby = fstab("LABEL=sql\\040data /srv ext4 rw")
        standby.links = standby.links.filter { !$0.key.hasPrefix("/dev/disk") }
        #expect(check(storage, on: standby) == [])
        #expect(check(storage, on: standby, and: .debian).map(\.file) == ["/etc/fstab"])
        #expect(check(storage, on: .debian, and: standby).map(\.file) == ["l1:/etc/fstab"])
    }

    @Test func noPasswordIsShownOrTold() {
        let line = "//nas/share /mnt/drbd cifs user=a,password=geheim,uid=mysql 0 0"
        let found = check("Filesystem:://nas/share::/mnt/drbd::cifs", on: fstab(line))
        #expect(text(found).contains("user=a,password=***,uid=mysql 0 0"))
        let last = fstab("//nas/s /m cifs PassWord=geheim 0 0").facts(
            haresources("l0 Filesystem::/dev/drbd0::/mnt/drbd\n").0
        )
        #expect(last.text.contains("fstab\t//nas/s /m cifs PassWord=*** 0 0\n"))
        #expect(!last.text.contains("geheim"))
        #expect(!last.text.contains("static file system"), "comments are nobody's business")
    }

    // MARK: data

    @Test func aDataDirectoryThatLeadsElsewhereIsFound() {
        var machine = FakeMachine.debian
        machine.links["/mnt/drbd/mysql"] = "/var/lib/mysql"
        let found = check("\(storage) mysql::/mnt/drbd/mysql", on: machine)
        #expect(
            found.map(\.message) == [
                "the data directory /mnt/drbd/mysql leads to /var/lib/mysql, which is not on the group's filesystem "
                    + "/mnt/drbd: the data does not move with the group"
            ]
        )
        // A link into the filesystem is what the article does; the filesystem need not be mounted.
        machine.links = ["/var/lib/mysql": "../../mnt/drbd/mysql"]
        #expect(check("\(storage) mysql::/var/lib/mysql", on: machine) == [])
        #expect(
            check("\(storage) mysql::/srv/mysql", on: machine).map(\.code) == [.dataOutside]
        )
        // Without a filesystem of the group nobody knows where the data should be.
        #expect(check("mysql::/srv/mysql", on: machine) == [])
        // The mount point may be a link itself.
        machine.links = ["/mnt/drbd": "/srv/r0"]
        #expect(check("\(storage) mysql::/srv/r0/mysql", on: machine) == [])
    }

    @Test func aDirectoryThatOnlyTheOptionFilesNameIsFound() {
        var machine = FakeMachine.debian
        machine.files["/etc/mysql/my.cnf"] = """
            # The MariaDB configuration file
            [client-server]
            socket = /run/mysqld/mysqld.sock
            !includedir /etc/mysql/mariadb.conf.d/
            [mysql]
            datadir = /none/of/the/servers
            """
        machine.files["/etc/mysql/mariadb.conf.d/50-server.cnf"] = """
            [mysqld]
            #datadir = /var/lib/mysql
            [mariadb-10.11]
            datadir = "/srv/my sql" # before the move
            """
        machine.files["/etc/mysql/mariadb.conf.d/50-server.cnf.bak"] = "[mysqld]\ndatadir=/bak\n"
        let outside =
            "the data directory /srv/my sql (datadir in /etc/mysql/mariadb.conf.d/50-server.cnf) is not on the "
            + "group's filesystem /mnt/drbd: the data does not move with the group"
        for type in ["mysqld-max", "mariadb", "mysql"] {
            #expect(check("\(storage) \(type)", on: machine).map(\.message) == [outside], "\(type)")
        }
        // The last word counts, and so does a link.
        machine.files["/etc/mysql/mariadb.conf.d/60-group.cnf"] = "[mysqld]\ndatadir=/data/mysql\n"
        machine.links["/data"] = "/mnt/drbd"
        #expect(check("\(storage) mysqld-max", on: machine, and: machine) == [])
        // haresources stands above them, and a database that is none is not looked for.
        machine.files["/etc/my.cnf"] = "!include /etc/my.cnf\n[server]\ndatadir=/elsewhere\n"
        machine.files["/etc/mysql/my.cnf"] = nil
        #expect(check("\(storage) mysql::/mnt/drbd/mysql", on: machine) == [])
        #expect(check("\(storage) linkserv", on: machine) == [])
    }

    @Test func optionFilesThatDifferAreFound() {
        var here = FakeMachine.debian
        here.files["/etc/my.cnf"] = "[mysqld]\ndatadir=/mnt/drbd/mysql\n"
        #expect(check("\(storage) mysqld-max", on: here, and: here) == [])
        #expect(
            check("\(storage) mysqld-max", on: here, and: .debian).map(\.message) == [
                "the database keeps its data in /mnt/drbd/mysql (datadir in /etc/my.cnf) here and in /var/lib/mysql on "
                    + "l1: after a move it would start on other data"
            ]
        )
        // The other way to the same place.
        var linked = FakeMachine.debian
        linked.links["/var/lib/mysql"] = "/mnt/drbd/mysql"
        #expect(check("\(storage) mysqld-max", on: here, and: linked) == [])
    }

    @Test func aLinkThatOnlyOneNodeHasIsFound() {
        var linked = FakeMachine.debian
        linked.links["/var/lib/mysql"] = "/mnt/drbd/mysql"
        #expect(check("\(storage) mysqld-max", on: linked, and: linked) == [])
        #expect(check("\(storage) mysqld-max", on: .debian, and: .debian) == [])
        let found = check("\(storage) mysqld-max", on: linked, and: .debian)
        #expect(
            found.map(\.message) == [
                "/var/lib/mysql leads to the group's filesystem here, to /mnt/drbd/mysql, and not on l1: there the "
                    + "database would start on other data"
            ]
        )
        #expect(
            check("\(storage) mysqld-max", on: .debian, and: linked).map(\.hint) == [
                "on this node: mv /var/lib/mysql /var/lib/mysql.old && ln -s /mnt/drbd/mysql /var/lib/mysql"
            ]
        )
    }

    @Test func aLoopOfLinksEnds() {
        var machine = FakeMachine.debian
        machine.links["/mnt/drbd/a"] = "b"
        machine.links["/mnt/drbd/b"] = "./a"
        #expect(check("\(storage) mysql::/mnt/drbd/a", on: machine) == [])
    }

    // MARK: users

    @Test func usersWithOtherNumbersAreFound() {
        var other = FakeMachine.debian
        other.files["/etc/passwd"] = "root:x:0:0::/:\nmail:x:8:8::/:\nmysql:x:112:117::/:\n"
        let found = check("\(storage) mysql::/mnt/drbd/mysql", on: .debian, and: other)
        #expect(found.map(\.code) == [.usersDiffer])
        #expect(
            found.first?.message
                == "user 'mysql' has the numbers 112:117 on l1 and 110:117 here: what one node writes belongs to "
                + "somebody else on the other"
        )
        #expect(check("\(storage) MailTo::mail", on: .debian, and: other) == [])
        other.files["/etc/passwd"] = "mail:x:9:8::/:\n"
        #expect(check("\(storage) thing::uid=mail,x", on: .debian, and: other).count == 1)
        // Whoever is no user there, and owns nothing, may be a mere word.
        #expect(check("\(storage) thing::mysql", on: .debian, and: other) == [])
    }

    @Test func theOwnerOfTheDataMustBeOnBothNodes() {
        var holder = FakeMachine.debian
        holder.owners["/mnt/drbd/mysql"] = 110
        var other = FakeMachine.debian
        other.files["/etc/passwd"] = "root:x:0:0::/:\n"
        #expect(
            check("\(storage) mysql::/mnt/drbd/mysql", on: holder, and: other).map(\.message) == [
                "the data belongs to the user 'mysql', who is not on l1"
            ]
        )
        #expect(
            check("\(storage) mysql::/mnt/drbd/mysql", on: other, and: holder).map(\.message) == [
                "the data belongs to the user 'mysql', who is not on this node"
            ]
        )
    }

    // MARK: kernel, text, examples

    @Test func aKernelThatCannotCutIsNamedWhereItMatters() {
        var machine = FakeMachine.debian
        machine.cutsConnections = false
        #expect(check("\(storage) 10.0.0.1/24", on: machine).map(\.code) == [.connectionsNotCut])
        #expect(check(storage, on: machine) == [])
        let off = goodHaCf + "cut_connections off\n"
        #expect(check("\(storage) 10.0.0.1/24", on: machine, haCf: off) == [])
        machine.cutsConnections = true
        machine.filtersPackets = false
        #expect(check("\(storage) 10.0.0.1/24", on: machine) == [])
        let last = goodHaCf + "address_last on\n"
        let closing = check("\(storage) 10.0.0.1/24", on: machine, haCf: last)
        #expect(closing.map(\.code) == [.addressesNotClosed])
        machine.filtersPackets = true
        #expect(check("\(storage) 10.0.0.1/24", on: machine, haCf: last) == [])
    }

    @Test func factsComeBackFromTheirText() throws {
        var machine = FakeMachine.debian
        machine.owners["/mnt/drbd/mysql"] = 110
        (machine.cutsConnections, machine.filtersPackets) = (true, false)
        machine.files["/etc/my.cnf"] = "[mysqld]\ndatadir=/mnt/drbd/mysql\n"
        let groups = haresources("l0 \(storage) mysql::/mnt/drbd/mysql mysqld-max drbd\n").0
        let facts = machine.facts(groups)
        #expect(facts.programs.map(\.name) == ["mysqld-max", "drbd"])
        #expect(facts.users.map(\.name) == ["mysql"])
        var back = try #require(MachineFacts(text: Array(facts.text.utf8), node: "l1"))
        #expect(back.node == "l1")
        #expect(back.fstab?.name == "l1:/etc/fstab")
        #expect(
            back.fstab.map { Fstab.parse(SourceText($0)) }
                == facts.fstab.map { Fstab.parse(SourceText($0)) },
            "at the same lines"
        )
        (back.node, back.fstab) = (nil, facts.fstab)
        #expect(back == facts)
        #expect(MachineFacts(text: Array("something else\n".utf8), node: "l1") == nil)
        #expect(MachineFacts(text: [], node: "l1") == nil)
    }

    @Test(arguments: ["Config", "Examples/aggregate"])
    func theSamplesAreNotBlamed(directory: String) throws {
        let path = root + "/" + directory + "/"
        try expectNothing(try #require(file(path + "haresources")))
    }

    @Test(.enabled(if: hasSeeds, "no seed files beside the repository"))
    func theSeedIsNotBlamed() throws {
        try expectNothing(try #require(file(seeds + "haresources.node1")))
        try expectNothing(try #require(file(seeds + "haresources.node2")))
    }

    /// The article's machine: DRBD is started at the boot, /var/lib/mysql is a link on both nodes, /etc/fstab says noauto.
    private func expectNothing(_ haresources: ConfigurationFile) throws {
        var machine = FakeMachine.debian
        machine.links["/var/lib/mysql"] = "/mnt/drbd/mysql"
        machine.files["/etc/fstab", default: ""] += "/dev/drbd0 /mnt/drbd ext3 noauto 0 0\n"
        let files = ConfigurationFiles(
            haCf: ConfigurationFile(name: "ha.cf", text: goodHaCf),
            haresources: haresources,
            authkeys: goodKeys
        )
        let facts = machine.facts(
            HaresourcesParser.parse(haresources, nodes: [], stateless: []).0.groups
        )
        let told = try #require(MachineFacts(text: Array(facts.text.utf8), node: "l1"))
        let without = ConfigurationCheck(files, node: "l0").diagnostics
        let with = ConfigurationCheck(
            files,
            node: "l0",
            machine: { _ in facts },
            peerMachine: told
        ).diagnostics
        #expect(with == without)
    }
}
