// postgres with mode=replica on two real clusters that stream from each other through sockets: no network.

import Foundation
import Testing

/// Two copies of one cluster, neither of which runs yet; the second is a standby's.
private final class Copies {
    let scratch: Scratch
    var both: [Copy] = []

    /// One of them.
    struct Copy {
        var directory: String
        var place: String

        func act(_ action: String, _ words: String..., milliseconds: Int = 30_000) throws -> Run {
            try Program.run(
                Program.resource,
                ["postgres", directory, "mode=replica"] + words + [action],
                environment: ["BATON_TIMEOUT": "\(milliseconds)"]
            )
        }

        /// A statement of the superuser's.
        @discardableResult
        func sql(_ text: String) throws -> String {
            let run = try Program.run(
                "/usr/bin/psql",
                ["-h", place, "-p", "5432", "-U", Copies.user, "-d", "postgres", "-XAtqc", text]
            )
            return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// The words of its data line, by key.
        func data(_ action: String = "data") throws -> [String: String] {
            let run = try act(action)
            let line = run.output.split(separator: "\n").last.map(String.init) ?? ""
            var words: [String: String] = ["exit": "\(run.exit)"]
            for word in line.split(separator: " ") {
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { continue }
                words[parts[0]] = parts[1]
            }
            words["line"] = line
            return words
        }

        /// Waits until following comes to what is expected.
        func follows(_ seconds: Double = 20, until isDone: ([String: String]) -> Bool) throws
            -> [String: String]
        {
            let end = Date(timeIntervalSinceNow: seconds)
            var last: [String: String] = [:]
            while Date() < end {
                last = try data("follow")
                if isDone(last) { return last }
                usleep(200_000)
            }
            Issue.record("it does not come: \(last["line"] ?? "")")
            return last
        }

        var isStreaming: Bool { get throws { try data()["replication"] == "inSync" } }

        /// The power is cut.
        func crash() throws {
            try Program.shell(
                "for p in /proc/[0-9]*; do [ \"$p/cwd\" -ef '\(directory)' ] && kill -KILL ${p#/proc/}; done; true"
            )
            while try act("status").output.contains("server of") { usleep(10_000) }
        }
    }

    /// What the administrators' page gives the user who replicates and rewinds.
    static func rights() throws -> String {
        let page = URL(fileURLWithPath: #filePath)
            .appendingPathComponent("../../../Examples/greenarrow/PostgreSQL.md").standardized
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("    GRANT ") || $0.hasPrefix("    CREATE USER ") }
        try #require(lines.count == 6)
        return lines.map { String($0.prefix { $0 != ";" }).trimmingCharacters(in: .whitespaces) }
            .joined(separator: "\n")
    }

    static let user = PostgresCluster.isRoot ? "nobody" : NSUserName()

    init(_ more: String = "wal_log_hints = on") throws {
        scratch = try Scratch()
        let programs = try #require(PostgresCluster.programs)
        let owner =
            PostgresCluster.isRoot
            ? "setpriv --reuid=nobody --regid=nogroup --clear-groups" : ""
        both = ["a", "b"].map { name in
            Copy(directory: "\(scratch.path)/\(name)/data", place: "\(scratch.path)/\(name)")
        }
        let (a, b) = (both[0], both[1])
        func settings(_ own: Copy, _ other: Copy) -> String {
            """
            cat >\(own.directory)/postgresql.conf <<END
            listen_addresses = ''
            unix_socket_directories = '\(own.place)'
            shared_buffers = 1MB
            max_connections = 12
            fsync = off
            wal_keep_size = 64MB
            wal_receiver_status_interval = 1
            wal_retrieve_retry_interval = 100ms
            primary_conninfo = 'host=\(other.place) port=5432 user=replicator application_name=\(own.place.suffix(1))'
            \(more)
            END
            """
        }
        let made = try Program.shell(
            """
            set -e
            chmod 755 \(scratch.path); mkdir \(a.place) \(b.place)
            \(PostgresCluster.isRoot ? "chown nobody \(a.place) \(b.place)" : "")
            cd \(a.place)
            \(owner) \(programs)/initdb -D \(a.directory) --auth=trust --no-sync --no-instructions
            \(settings(a, b))
            \(owner) \(programs)/postgres --single -D \(a.directory) -F -c synchronous_standby_names= postgres >/dev/null <<END
            CREATE TABLE kept (a int)
            \(try Copies.rights())
            END
            cp -a \(a.directory) \(b.directory)
            \(settings(b, a))
            \(owner) touch \(b.directory)/standby.signal
            """
        )
        try #require(made.exit == 0, "\(made.output)")
    }

    deinit {
        for copy in both {
            _ = try? Program.shell(
                "for p in /proc/[0-9]*; do [ \"$p/cwd\" -ef '\(copy.directory)' ] && kill -KILL ${p#/proc/}; done; true"
            )
        }
    }

    /// The first serves, the second streams.
    func begin() throws -> (Copy, Copy) {
        let (a, b) = (both[0], both[1])
        let start = try a.act("start")
        try #require(start.exit == 0, "\(start.output)")
        _ = try b.follows { $0["replication"] == "inSync" }
        return (a, b)
    }
}

@Suite(
    .serialized,
    .enabled(if: PostgresCluster.programs != nil, "skipped: postgresql is not installed")
)
struct PostgresReplicaTests {
    @Test func theRolesAreTold() throws {
        let copies = try Copies()
        let (a, b) = try copies.begin()
        #expect(
            try a.act("status").output == "running: the server of \(a.directory) is a primary\n"
        )
        #expect(
            try b.act("status")
                == Run(exit: 3, output: "stopped: the server of \(b.directory) is a standby\n")
        )
        #expect(try a.act("monitor").exit == 0)
        #expect(try b.act("monitor").exit == 3)
        // A stop of what is no primary leaves the standby alone.
        #expect(try b.act("stop").exit == 0)
        #expect(try b.isStreaming)
        let (own, other) = (try a.data(), try b.data())
        #expect(own["role"] == "primary" && own["streams"] == "1" && own["timeline"] == "1")
        #expect(other["role"] == "standby" && other["timeline"] == "1")
        #expect(own["behind"] != nil && other["received"] != nil, "\(own) \(other)")
    }

    @Test func aPromotionThatWasBrokenOffIsNotCalledStopped() throws {
        let copies = try Copies()
        let (_, b) = try copies.begin()
        // Whoever promoted was killed behind the word to the server, which has much to replay.
        try b.sql("SELECT pg_wal_replay_pause()")
        try Program.shell("touch \(b.directory).baton/promotion")
        #expect(try b.act("status").output.contains("is being promoted"))
        let stop = try b.act("stop")
        #expect(stop.exit == 0, "\(stop.output)")
        #expect(try b.act("status").output == "stopped: no server works in \(b.directory)\n")
        _ = try b.follows { $0["replication"] == "inSync" }
        #expect(try b.act("stop").exit == 0)
        #expect(try b.isStreaming)
    }

    @Test func anOrderlySwitchLosesNothingAndTheOldPrimaryFollows() throws {
        let copies = try Copies()
        let (a, b) = try copies.begin()
        try a.sql("INSERT INTO kept SELECT generate_series(1, 1000)")
        #expect(try a.act("stop").exit == 0)
        let left = try a.data()
        #expect(left["role"] == "primary" && left["end"] == nil)
        let end = try #require(left["location"].flatMap { UInt64($0, radix: 16) })
        var there: UInt64 = 0
        for _ in 0..<50 where there < end {
            there = try b.data()["location"].flatMap { UInt64($0, radix: 16) } ?? 0
            usleep(20_000)
        }
        #expect(there >= end)
        let start = try b.act("start")
        #expect(start.exit == 0, "\(start.output)")
        #expect(try b.sql("SELECT count(*) FROM kept") == "1000")
        let new = try b.data()
        #expect(new["role"] == "primary" && new["timeline"] == "2" && new["fork"] != nil)
        _ = try a.follows { $0["replication"] == "inSync" && $0["timeline"] == "2" }
        // Nothing parted: nothing had to be rewound.
        #expect(!FileManager.default.fileExists(atPath: "\(a.directory).baton/parted"))
        try b.sql("INSERT INTO kept VALUES (2000)")
        for _ in 0..<100 where try a.sql("SELECT count(*) FROM kept") != "1001" { usleep(20_000) }
        #expect(try a.sql("SELECT count(*) FROM kept") == "1001")
        // And back.
        #expect(try b.act("stop").exit == 0)
        #expect(try a.act("start").exit == 0)
        _ = try b.follows { $0["replication"] == "inSync" && $0["timeline"] == "3" }
    }

    @Test func anOldPrimaryIsRewoundAndWhatItWroteAloneIsKept() throws {
        let copies = try Copies()
        let (a, b) = try copies.begin()
        try b.crash()
        try a.sql("INSERT INTO kept SELECT generate_series(1, 5000)")
        let place = try a.sql("SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn")
        try a.crash()
        #expect(try a.data()["end"] == "open")
        let start = try b.act("start")
        #expect(start.exit == 0, "\(start.output)")
        try b.sql("INSERT INTO kept VALUES (-1)")
        let before = try String(contentsOfFile: "\(a.directory)/postgresql.conf", encoding: .utf8)
        let seen = try a.follows(60) { $0["replication"] == "inSync" && $0["timeline"] == "2" }
        #expect(seen["note"]?.contains("bytes_of_timeline_1_that_only_this_node_wrote") == true)
        #expect(try a.sql("SELECT count(*), min(a) FROM kept") == "1|-1")
        // Another try that was under way changes nothing, whether the standby runs or not.
        #expect(try a.act("rejoin").exit == 0)
        #expect(try a.isStreaming)
        try a.crash()
        #expect(try a.act("rejoin").exit == 0)
        #expect(!FileManager.default.fileExists(atPath: "\(a.directory).baton/rejoin"))
        try FileManager.default.removeItem(atPath: "\(a.directory).baton/begun")
        _ = try a.follows { $0["replication"] == "inSync" }
        // The node's own settings are its own still.
        #expect(
            try String(contentsOfFile: "\(a.directory)/postgresql.conf", encoding: .utf8) == before
        )
        let parted = try String(contentsOfFile: "\(a.directory).baton/parted", encoding: .utf8)
        let kept = try #require(parted.split(separator: "\n").last.map(String.init))
        let end = try #require(parted.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        // What the server may have written by itself since it was asked is one record.
        let written = try #require(Int(place))
        #expect((written...(written + 200)).contains(end), "\(end), \(written)")
        let segments = try FileManager.default.contentsOfDirectory(atPath: kept)
        #expect(segments.contains { $0.hasPrefix("00000001") })
    }

    @Test func whatCannotBeRewoundSaysWhyAndIsLeftAsItIs() throws {
        let copies = try Copies("wal_log_hints = off")
        let (a, b) = try copies.begin()
        #expect(try a.data()["note"]?.contains("cannot_be_rewound") == true)
        try b.crash()
        try a.sql("INSERT INTO kept SELECT generate_series(1, 5000)")
        try a.crash()
        let start = try b.act("start")
        #expect(start.exit == 0, "\(start.output)")
        let seen = try a.follows(60) { $0["line"]?.contains("pg_rewind: ") == true }
        #expect(seen["line"]?.contains("pg_basebackup -D \(a.directory)") == true)
        #expect(seen["role"] == "primary")
        // It is not tried again and again.
        let log = "\(a.directory).baton/rejoin.log"
        let size = try FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date
        for _ in 0..<3 { _ = try a.data("follow") }
        #expect(
            try FileManager.default.attributesOfItem(atPath: log)[.modificationDate] as? Date
                == size
        )
        // Whoever takes it all the same has what was there.
        try b.crash()
        let taken = try a.act("start")
        #expect(taken.exit == 1 && taken.output.contains("pg_basebackup"), "\(taken.output)")
    }

    @Test func twoPrimariesOfOneTimelineAreNotMadeOne() throws {
        let copies = try Copies()
        let (a, b) = try copies.begin()
        try b.crash()
        try FileManager.default.removeItem(atPath: b.directory + "/standby.signal")
        #expect(try b.act("start").exit == 0)
        try a.crash()
        let seen = try a.follows { $0["line"]?.contains("both nodes have been primary") == true }
        #expect(seen["line"]?.contains("mv \(a.directory) \(a.directory).old") == true)
    }

    @Test func aLonePrimaryWaitsUnlessTheAdministratorAllowsOtherwise() throws {
        let copies = try Copies("wal_log_hints = on\nsynchronous_standby_names = '*'")
        let (a, b) = try copies.begin()
        #expect(try a.data()["note"]?.contains("sync=on_says_so") == true)
        try b.crash()
        let words = ["sync=on"]
        _ = try a.act("alone", words[0])
        #expect(try a.sql("SHOW synchronous_standby_names") == "*")
        for _ in 0..<50 where try a.sql("SHOW synchronous_standby_names") != "" {
            _ = try a.act("alone", words[0], "alone=async")
            usleep(100_000)
        }
        try #require(try a.sql("SHOW synchronous_standby_names") == "")
        try a.sql("INSERT INTO kept VALUES (1)")
        _ = try b.follows { $0["replication"] == "inSync" }
        for _ in 0..<50 where try a.sql("SHOW synchronous_standby_names") != "*" {
            _ = try a.act("data", words[0], "alone=async")
            usleep(100_000)
        }
        #expect(try a.sql("SHOW synchronous_standby_names") == "*")
    }

    @Test func aStandbyThatEndsAtOnceSaysWhyAndIsNotBegunAllTheTime() throws {
        let copies = try Copies()
        let (_, b) = (copies.both[0], copies.both[1])
        try Program.shell("echo 'max_connections = 5' >>\(b.directory)/postgresql.conf")
        let seen = try b.data("follow")
        #expect(seen["line"]?.contains("insufficient parameter settings") == true, "\(seen)")
        let again = try b.data("follow")
        #expect(again["line"]?.contains("insufficient parameter settings") == true, "\(again)")
        let begun = try Program.shell("grep -c 'starting PostgreSQL' \(b.directory)/log/*")
        #expect(begun.output == "1\n")
        let start = try b.act("start")
        #expect(
            start.exit == 1 && start.output.contains("insufficient parameter"),
            "\(start.output)"
        )
    }

    @Test func whatIsMissingIsSaidBeforeItIsNeeded() throws {
        let copies = try Copies()
        let (a, b) = try copies.begin()
        try a.sql("ALTER SYSTEM SET primary_conninfo = ''")
        try a.sql("SELECT pg_reload_conf()")
        usleep(200_000)
        #expect(try a.data()["note"]?.contains("primary_conninfo_is_empty") == true)
        #expect(try a.act("stop").exit == 0)
        #expect(try b.act("start").exit == 0)
        let seen = try a.data("follow")
        #expect(seen["exit"] == "4" && seen["line"]?.contains("primary_conninfo") == true)
    }
}
