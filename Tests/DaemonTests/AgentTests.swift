// OCF agents of the package resource-agents under two real daemons.

import Failover
import Glibc
import Linux
import Testing
import Wire

@testable import Daemon

@Suite(
    "OCF agents",
    .serialized,
    .enabled(if: Laboratory.isPossible, Laboratory.skipped),
    .enabled(
        if: Files.isExecutable("/usr/lib/ocf/resource.d/heartbeat/Dummy"),
        "skipped: resource-agents is not installed"
    )
)
struct AgentTests {
    @Test("A group of agents is started, asked, moved and stopped")
    func move() throws {
        let pair = try LaboratoryPair()
        try pair.tell(isStarted: false) { _, _ in
            let delays = "startdelay=0::stopdelay=0::mondelay=0"
            for node in [pair.l0, pair.l1] {
                try node.write(
                    "haresources",
                    "l0 IPaddr2::10.199.0.100/24/eth0 ocf:heartbeat:Dummy ocf:heartbeat:Delay::\(delays)\n"
                )
            }
            try pair.start()
            // An agent's memory is the node's own, and ends with the boot.
            func remembered(_ node: LaboratoryNode) throws -> [String] {
                try Files.list(node.directory + "/run/agents").filter { $0.hasPrefix("Dummy-") }
            }
            #expect(try remembered(pair.l0).count == 1)
            #expect(
                try pair.l0.status().groups.first?.resources.map(\.state) == [
                    .running, .running, .running,
                ]
            )
            #expect(try pair.l0.reply(.standby(.all)).outcome == .done)
            try pair.l1.wait(until: .active)
            #expect(try remembered(pair.l0).isEmpty)
            #expect(try remembered(pair.l1).count == 1)
        }
    }

    @Test(
        "Heartbeat's MailTo and SendArp are agents of the package, by their old names",
        .enabled(if: Files.isExecutable("/usr/bin/mail"), "skipped: the command mail is missing")
    )
    func oldNames() throws {
        let pair = try LaboratoryPair()
        try pair.tell(isStarted: false) { l0, l1 in
            for node in [l0, l1] {
                try node.write(
                    "haresources",
                    "l0 10.199.0.100/24/eth0 SendArp::10.199.0.100/eth0 MailTo::root::baton\n"
                )
            }
            try pair.start()
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            let group = try l1.wait(until: .active)
            #expect(group.resources.map(\.state) == [.running, .running, .running])
            #expect(
                try l0.status().groups.first?.resources.map(\.state)
                    == [.stopped, .stopped, .stopped]
            )
        }
    }

    @Test(
        "Ten agents with the programs that they are for: each started, asked, stopped, and asked",
        .enabled(if: TenAgents.isPossible, TenAgents.skipped)
    )
    func ten() throws {
        let pair = try LaboratoryPair()
        let agents = try TenAgents()
        defer { agents.remove() }
        try pair.tell(isStarted: false) { l0, l1 in
            for node in [l0, l1] {
                try node.write("haresources", "l0 \(agents.words.joined(separator: " "))\n")
                try node.append("ha.cf", "monitor_interval 1s\n")
            }
            try pair.start()
            func states(_ node: LaboratoryNode) throws -> [ResourceState] {
                try node.status().groups.first?.resources.map(\.state) ?? []
            }
            let count = agents.words.count
            #expect(count == 10)
            #expect(try states(l0) == Array(repeating: .running, count: count))
            // Their own monitors, as recurring ones: more than a look at a process for some.
            try Laboratory.wait(for: "ten monitors that pass; \(try l0.status().monitors)") {
                let passed = try l0.status().monitors.filter { $0.state == .ok }
                return passed.count == count ? () : nil
            }
            #expect(try l0.reply(.standby(.all)).outcome == .done)
            try l1.wait(until: .active)
            #expect(try states(l1) == Array(repeating: .running, count: count))
            // Both daemons end, and with them the group; who begins anew asks each whether it runs.
            for node in [l0, l1] {
                try node.send(.terminate, to: try #require(try node.processes()["loop"]))
                _ = try node.end()
            }
            try l0.start()
            try l0.wait(until: .standby)
            #expect(try states(l0) == Array(repeating: .stopped, count: count))
            try l1.start()
            try l0.wait(until: .active)
            #expect(try states(l0) == Array(repeating: .running, count: count))
        }
    }
}

/// What ten agents of the package resource-agents need: directories, configurations, databases, a xinetd.
private final class TenAgents {
    static let skipped: Comment =
        "skipped: nginx, apache2, xinetd, mail, curl, modprobe, mariadbd or PostgreSQL is missing"
    static let isPossible = programs != nil
    /// The directory of PostgreSQL's programs, where everything is there.
    static let programs: String? = {
        let needed = [
            "/usr/sbin/nginx", "/usr/sbin/apache2", "/usr/sbin/xinetd", "/usr/bin/mail",
            "/usr/sbin/mariadbd", "/usr/bin/mariadb-install-db", "/usr/bin/setpriv",
            "/usr/bin/curl", "/usr/sbin/modprobe",
        ]
        guard needed.allSatisfy(Files.isExecutable) else { return nil }
        let versions = ((try? Files.list("/usr/lib/postgresql")) ?? []).compactMap { Int($0) }
        return versions.max().map { "/usr/lib/postgresql/\($0)/bin" }
    }()

    private let directory: String
    private let service: String
    private var xinetd: ChildProcess?

    init() throws {
        let word = String(try Machine.randomWord(), radix: 36)
        directory = "/tmp/baton-agents-\(word)"
        service = "/etc/xinetd.d/baton-\(word)"
        let programs = try #require(TenAgents.programs)
        try shell(
            """
            mkdir -p \(directory)/www \(directory)/mount \(directory)/my \(directory)/pg && chmod 755 \(directory) &&
            cd \(directory) && echo hello >www/index.html && chown mysql my && chown postgres pg &&
            cat >nginx.conf <<'END' &&
            pid \(directory)/nginx.pid; error_log \(directory)/nginx.log;
            events {}
            http {
                access_log off;
                server {
                    listen 127.0.0.1:18081; root \(directory)/www;
                    location /nginx_status { stub_status on; }
                }
                client_body_temp_path \(directory)/t1; proxy_temp_path \(directory)/t2;
                fastcgi_temp_path \(directory)/t3; uwsgi_temp_path \(directory)/t4; scgi_temp_path \(directory)/t5;
            }
            END
            cat >apache.conf <<'END' &&
            ServerRoot \(directory)
            PidFile \(directory)/apache.pid
            Listen 127.0.0.1:18082
            ServerName localhost
            LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
            LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
            LoadModule status_module /usr/lib/apache2/modules/mod_status.so
            ErrorLog \(directory)/apache.log
            DocumentRoot \(directory)/www
            User nobody
            Group nogroup
            <Location "/server-status">
            SetHandler server-status
            </Location>
            END
            printf '[mysqld]\\nskip-networking\\ninnodb-buffer-pool-size=8M\\ninnodb-log-file-size=4M\\n' >my.cnf &&
            mariadb-install-db --no-defaults --datadir=\(directory)/my/data --user=mysql --skip-test-db >my.log 2>&1 &&
            setpriv --reuid=postgres --regid=postgres --clear-groups \(programs)/initdb -D \(directory)/pg/data \\
                --auth=trust --no-sync >pg.log 2>&1 &&
            echo "listen_addresses = ''" >>pg/data/postgresql.conf &&
            echo "unix_socket_directories = '\(directory)/pg'" >>pg/data/postgresql.conf &&
            mkdir -p /etc/xinetd.d &&
            cat >\(service) <<'END' &&
            service discard
            {
                type = INTERNAL UNLISTED
                port = 18083
                bind = 127.0.0.1
                socket_type = stream
                protocol = tcp
                user = root
                wait = no
                disable = yes
            }
            END
            printf 'defaults\\n{\\n}\\ninclude %s\\n' \(service) >xinetd.conf
            """
        )
        let child = try ChildProcess(
            Linux.Command(
                "/usr/sbin/xinetd",
                [
                    "-dontfork", "-stayalive", "-f", directory + "/xinetd.conf", "-pidfile",
                    directory + "/xinetd.pid",
                ]
            )
        )
        try child.open()
        xinetd = child
    }

    private func shell(_ text: String) throws {
        let (code, output) = try Laboratory.finish(
            ChildProcess(Linux.Command("/bin/sh", ["-c", text]), outputMaximum: 1 << 16)
        )
        if code != 0 { throw Impatience(description: "\(text): \(output)") }
    }

    /// As haresources names them, in starting order.
    var words: [String] {
        let programs = TenAgents.programs ?? ""
        let name = service.split(separator: "/").last ?? ""
        return [
            "IPaddr2::ip=10.199.0.100::cidr_netmask=24::nic=eth0",
            "Filesystem::device=tmpfs::directory=\(directory)/mount::fstype=tmpfs",
            "Dummy", "Delay::startdelay=0::stopdelay=0::mondelay=0",
            "mysql::binary=/usr/sbin/mariadbd::config=\(directory)/my.cnf::datadir=\(directory)/my/data"
                + "::user=mysql::group=mysql::log=\(directory)/my/log::pid=\(directory)/my/pid"
                + "::socket=\(directory)/my/socket",
            "pgsql::pgctl=\(programs)/pg_ctl::psql=\(programs)/psql::pgdata=\(directory)/pg/data"
                + "::pgdba=postgres::socketdir=\(directory)/pg::pgport=15499::logfile=\(directory)/pg/log",
            "nginx::configfile=\(directory)/nginx.conf::httpd=/usr/sbin/nginx::port=18081"
                + "::status10url=http://127.0.0.1:18081/nginx_status",
            "apache::configfile=\(directory)/apache.conf::httpd=/usr/sbin/apache2"
                + "::statusurl=http://127.0.0.1:18082/server-status",
            "MailTo::email=root::subject=baton", "Xinetd::service=\(name)",
        ].map { "ocf:heartbeat:\($0)" }
    }

    func remove() {
        if let xinetd {
            // A process of this test's own.
            kill(xinetd.identity.id.rawValue, SIGKILL)
            _ = try? Laboratory.wait(for: "the end of xinetd") { try xinetd.ending() }
        }
        try? shell("rm -rf \(directory) \(service)")
    }
}
