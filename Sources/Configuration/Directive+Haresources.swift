// The rows of haresources and authkeys: resource types with a meaning of their own, and key methods.

extension Directive {
    /// Types whose resources keep no data (design, "Words"); any other name counts as storage.
    static let statelessTypes = [
        "IPaddr", "IPaddr2", "IPv6addr", "iplist", "monitor", "mon", "MailTo", "SendArp",
        "IPsrcaddr", "portblock", "Delay", "cronfile",
    ]

    /// Types that keep what they do in the kernel, or in processes that are none of theirs: what their script
    /// starts says nothing about what writes, so they cannot be suspended (S12).
    ///
    /// Heartbeat's resource.d and the agents of the same names, then what else runs in the kernel.
    static let kernelTypes: Set<String> = [
        "drbddisk", "drbdupper", "drbd", "Filesystem", "LVM", "LVM-activate", "clvm", "lvmlockd",
        "Raid1",
        "mdraid", "ZFS", "ServeRAID", "ICP", "LinuxSCSI", "Xinetd",
        "exportfs", "nfsserver", "nfs", "nfs-server", "nfs-kernel-server", "ksmbd", "iscsi",
        "open-iscsi",
        "iSCSITarget", "iSCSILogicalUnit", "target", "VirtualDomain", "Xen", "docker", "podman",
    ]

    /// Whether `baton-resource` serves a type: a bare `mysql` is the script or unit of that name.
    public static func isProgram(_ type: String, arguments: [String]) -> Bool {
        switch type {
        case "Filesystem", "drbddisk", "greenarrow", "cronfile": true
        case "mysql", "postgres": !arguments.isEmpty
        default: false
        }
    }

    /// Types whose argument is an address the daemon itself adds and removes.
    static let addressTypes = ["IPaddr", "IPaddr2", "IPv6addr"]

    /// haresources' rows.
    static let haresources: [Directive] = [
        resource(
            "IPaddr",
            "IPaddr::ADDRESS[/PREFIX[/DEVICE[:LABEL]][/BROADCAST]]",
            1...1,
            ["IPaddr::192.168.1.100", "192.168.1.100/24/eth0"],
            "As IPaddr2. A bare IPv4 or IPv6 address means this type. The prefix may be a dotted mask."
        ),
        resource(
            "IPaddr2",
            "IPaddr2::ADDRESS[/PREFIX[/DEVICE[:LABEL]][/BROADCAST]]",
            1...1,
            [
                "IPaddr2::192.168.1.100/24/eth1:0", "IPaddr2::192.168.1.100/24/192.168.1.255",
                "IPaddr2::2001:db8::5/64/eth0",
            ],
            "An address the holder has, IPv4 or IPv6, added by the daemon itself and announced five times "
                + "at 200 ms by gratuitous ARP or unsolicited neighbour advertisement. What is left out is "
                + "taken from the route to the address. `eth1:0` is device eth1 with the label eth1:0."
        ),
        resource(
            "IPv6addr",
            "IPv6addr::ADDRESS[/PREFIX[/DEVICE]]",
            1...1,
            ["IPv6addr::2001:db8::5/64/eth0"],
            "As IPaddr2, for an IPv6 address."
        ),
        resource(
            "iplist",
            "iplist::FILE[::dev=DEVICE][::hook=PROGRAM]",
            1...3,
            ["iplist::/etc/hvmail_primary_ips", "iplist::/etc/hvmail_primary_ips::dev=eth0"],
            "The addresses of a file, ADDRESS/PREFIX a line, as IPaddr2 each and all in one go; their device is DEVICE, or "
                + "that of the route to each. `baton reload` puts an edited file in force while the group runs: what is "
                + "new comes, what is gone goes, and PROGRAM is run with FILE as its argument and the lines `+ADDRESS/PREFIX` "
                + "and `-ADDRESS/PREFIX` as its input. What another machine answers for is refused before anything changes, "
                + "and what somebody else brought up is left where it is when its line goes. Both nodes need the file: "
                + "baton sync iplist."
        ),
        resource(
            "IPsrcaddr",
            "IPsrcaddr::ADDRESS",
            1...1,
            ["IPsrcaddr::192.168.1.100"],
            "The address outgoing connections come from; after the address itself. Run as a script."
        ),
        resource(
            "SendArp",
            "SendArp::ADDRESS/DEVICE",
            1...1,
            ["SendArp::192.168.1.100/eth0"],
            "Announces an address. Run as a script."
        ),
        resource(
            "drbddisk",
            "drbddisk[::RESOURCE]",
            0...1,
            ["drbddisk::r0", "drbddisk"],
            "A DRBD resource, primary on the holder; without an argument all. Nothing is ever forced. Built in."
        ),
        resource(
            "Filesystem",
            "Filesystem::DEVICE::DIRECTORY[::TYPE[::OPTIONS]]",
            2...4,
            ["Filesystem::/dev/drbd0::/mnt/drbd::ext3"],
            "A filesystem mounted on the holder: a device, LABEL= or UUID=, HOST:/DIRECTORY, or a directory with the "
                + "option bind. A stop ends whoever uses it, TERM and 3 s later KILL. Types without a journal are checked "
                + "before (fsck -p); the mount option x-baton.fsck=force checks always, x-baton.fsck=no never. Built in."
        ),
        resource(
            "mysql",
            "mysql[::DATADIR[::CONFIG]]",
            0...2,
            ["mysql::/mnt/drbd/mysql"],
            "A MariaDB or MySQL server on DATADIR, as that directory's owner, with the options of CONFIG or of the usual "
                + "files. A start waits until it answers a query, as long as its recovery reads and writes; a stop ends it, "
                + "TERM and 10 s before its time is over KILL. Without DATADIR, run as a script or unit. Built in."
        ),
        resource(
            "postgres",
            "postgres[::DATADIR[::KEY=VALUE...]]",
            0...13,
            [
                "postgres::/mnt/drbd/postgresql",
                "postgres::/mnt/drbd/main::config=/etc/postgresql/15/main/postgresql.conf",
                "postgres::/var/lib/postgresql/15/main::mode=replica::maxlag=16MB",
            ],
            "A PostgreSQL server (12 to 17) on DATADIR, as that directory's owner. A start waits until it answers a query, as "
                + "long as its recovery reads and writes, and removes a postmaster.pid that no process there has written; a "
                + "stop is fast, 15 s before its time is over immediate, 5 s before it KILL. Keys: bindir (of its programs), "
                + "config (postgresql.conf, where it is neither in DATADIR nor names it from /etc/postgresql), port, socket "
                + "(its directory), user and database (to ask as and in: the owner, postgres), log. With mode=replica DATADIR is "
                + "each node's own and streams from the other's: a start promotes, and a standby takes from a dead node only "
                + "with at most maxlag (16MB) of its log missing; an old primary is rewound (pg_rewind, as rewinduser) and "
                + "follows. sync=on says that synchronous_standby_names is meant, alone=async that a primary may go on without. "
                + "Without DATADIR, run as a script or unit. Built in."
        ),
        resource(
            "cronfile",
            "cronfile::PATH",
            1...1,
            ["cronfile::/etc/cron.d/greenarrow-active-node"],
            "Cron jobs of the holder alone: the file is where cron reads it on the node that holds the group. On the other its "
                + "copy lies beside it, as .NAME.standby, and becomes as the holder's file is within a minute; a copy that was "
                + "edited there is left, and makes that node not fit until `baton sync cronfile` takes the holder's over. At "
                + "most 32 kB. Built in."
        ),
        resource(
            "greenarrow",
            "greenarrow[::SERVICE...]",
            0...64,
            ["greenarrow", "greenarrow::hvmail-qmail-smtpd3::hvmail-dnscache"],
            "The services of GreenArrow, by its own script `greenarrow`: a start waits until all are up but those that are named, "
                + "which are down by design (unnamed: hvmail-qmail-smtpd3 and hvmail-dnscache), a stop until all are down. "
                + "The monitor calls the others by name when they are down, or printed in red. Built in."
        ),
        resource(
            "systemd",
            "systemd::UNIT",
            1...1,
            ["systemd::nginx", "systemd::postfix@-.service"],
            "A unit, started and stopped by systemctl, which waits for the job and says how it ended. Without an ending a "
                + "service is meant. Its own start at boot must be off: systemctl disable UNIT. A type that is no script, and "
                + "has no arguments, may be a service's name as it is."
        ),
        resource(
            "monitor",
            "monitor[::WATCH...]",
            0...64,
            ["monitor", "monitor::servers"],
            "While it runs, the watches of mon.cf that it names are watched here; all of them, where it names "
                + "none. A failed service with monitor_action standby or restart moves the groups whose monitor "
                + "watches it. Last in its group. Built in."
        ),
        resource(
            "mon",
            "mon[::WATCH...]",
            0...64,
            ["mon"],
            "As monitor. Where there is no mon.cf, run as a script."
        ),
        resource(
            "MailTo",
            "MailTo::ADDRESS[::SUBJECT]",
            1...2,
            ["MailTo::root"],
            "A mail at start and at stop. Run as a script."
        ),
        resource(
            "portblock",
            "portblock::tcp|udp::PORTS::block|unblock",
            3...8,
            ["portblock::tcp::3306::unblock"],
            "Ports closed while the group moves. Run as a script."
        ),
        resource(
            "Delay",
            "Delay[::START[::STOP]]",
            0...3,
            ["Delay::5"],
            "A wait. Run as a script."
        ),
        resource(
            "LVM",
            "LVM::GROUP",
            1...2,
            ["LVM::vg0"],
            "A volume group, active on the holder. Run as a script."
        ),
        resource(
            "Raid1",
            "Raid1::CONFIG::DEVICE",
            1...8,
            ["Raid1::/etc/raidtab::/dev/md0"],
            "A software RAID, assembled on the holder. Run as a script."
        ),
    ]

    private static func resource(
        _ name: String,
        _ grammar: String,
        _ arguments: ClosedRange<Int>,
        _ examples: [String],
        _ meaning: String
    ) -> Directive {
        Directive(
            name,
            .haresources,
            .resourceTypes,
            grammar: grammar,
            .words(arguments),
            examples: examples.map { "l0 \($0)" },
            meaning + " It counts as "
                + (statelessTypes.contains(name) ? "stateless." : "storage.")
        )
    }

    /// authkeys' rows.
    static let authkeys: [Directive] = [
        Directive(
            "auth",
            .authkeys,
            .keys,
            grammar: "auth ID",
            .integer(0...15),
            examples: ["auth 1\n1 sha256 0123456789abcdef"],
            "The key this node signs with. All keys of the file are accepted from the peer, and a new "
                + "`auth ID` takes effect only when the peer has announced that it has the key: first add the "
                + "new key on both nodes, then change auth, then remove the old key."
        ),
        Directive(
            "crc",
            .authkeys,
            .methods,
            grammar: "ID crc",
            .words(0...0),
            examples: ["auth 1\n1 crc"],
            "A checksum: no protection against anybody. Read for migration."
        ),
        Directive(
            "md5",
            .authkeys,
            .methods,
            grammar: "ID md5 SECRET",
            .words(1...1),
            examples: ["auth 1\n1 md5 0123456789abcdef"],
            "HMAC-MD5. Read for migration."
        ),
        Directive(
            "sha1",
            .authkeys,
            .methods,
            grammar: "ID sha1 SECRET",
            .words(1...1),
            examples: ["auth 1\n1 sha1 0123456789abcdef"],
            "HMAC-SHA1. Read for migration."
        ),
        Directive(
            "sha256",
            .authkeys,
            .methods,
            grammar: "ID sha256 SECRET",
            .words(1...1),
            examples: ["auth 1\n1 sha256 0123456789abcdef"],
            "HMAC-SHA256: what `baton keygen` writes. Ours; Heartbeat does not know it."
        ),
    ]
}
