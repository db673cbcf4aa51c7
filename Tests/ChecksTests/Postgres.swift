// A PostgreSQL primary and a standby of the tests' own, run as an ordinary user (the server refuses root),
// on loopback and sockets in a directory of their own. They end with the tests.

import Foundation
import Glibc
import Testing

final class Postgres: Sendable {
    static let password = "se'cret \\ word"

    let directory: String
    let primary: UInt16
    let standby: UInt16
    private let processes: [Int32]
    private let companion: Companion

    /// The one pair, started by the first who asks.
    static let shared = Result { try Postgres() }

    private init() throws {
        let tools = try #require(Program.find("initdb")).split(separator: "/").dropLast()
            .map { "/\($0)" }.joined()
        primary = try TCPServer(backlog: nil).port
        standby = try TCPServer(backlog: nil).port
        directory = "/tmp/checks-postgres-\(getpid())"
        let user = geteuid() == 0 ? "setpriv --reuid=nobody --regid=nogroup --clear-groups" : ""
        companion = try Companion(
            """
            mkdir '\(directory)' && cd '\(directory)'
            cat >password <<'END'
            \(Self.password)
            END
            [ $(id -u) != 0 ] || chown nobody . password
            export PATH=\(tools):$PATH PGHOST='\(directory)' PGUSER=watcher PGDATABASE=postgres PGPORT=\(primary)
            tool() { local name=$1; shift; \(user) $name "$@" </dev/null >>log 2>&1; }
            start() {
                tool postgres -D "$1" -p "$2" -k '\(directory)' -c listen_addresses=127.0.0.1 -c fsync=off \
                    -c shared_buffers=1MB -c max_connections=12 -c max_wal_senders=2 -c hot_standby=on \
                    -c wal_receiver_status_interval=1 &
                for turn in $(seq 600); do tool psql -p "$2" -c 'SELECT 1' && return; sleep 0.05; done
            }
            touch log; chmod 666 log
            tool initdb -D one -U watcher --auth-local=trust --auth-host=scram-sha-256 \
                --pwfile=password --no-sync --no-instructions || exit
            start one \(primary)
            tool psql -c 'CREATE TABLE goods (name text)'
            tool pg_basebackup -D two -R -c fast --no-sync || exit
            start two \(standby)
            tool psql -c "INSERT INTO goods VALUES ('first')"
            for turn in $(seq 600); do
                \(user) psql -p \(standby) -Atc 'SELECT count(*) FROM goods' 2>/dev/null | grep -q 1 && break
                sleep 0.05
            done
            echo $(head -1 one/postmaster.pid) $(head -1 two/postmaster.pid)
            """,
            finally: """
                for data in one two; do kill -CONT $(head -1 $data/postmaster.pid); kill -QUIT $(head -1 $data/postmaster.pid); done
                wait; cd /; rm -rf '\(directory)'
                """
        )
        processes = companion.greeting.split(separator: " ").compactMap { Int32($0) }
        try #require(processes.count == 2, "see \(directory)/log")
    }

    /// A statement of the superuser's, by socket.
    @discardableResult
    func sql(_ text: String, _ port: UInt16) throws -> String {
        try succeed(
            #require(Program.find("psql")),
            ["-h", directory, "-p", "\(port)", "-U", "watcher", "-d", "postgres", "-Atc", text]
        )
    }

    /// Runs the body while the primary takes nobody in and no backend of it runs.
    func whileStopped<Answer>(_ body: () throws -> Answer) throws -> Answer {
        let members = family(of: processes[0])
        for member in members { kill(member, SIGSTOP) }
        defer { for member in members { kill(member, SIGCONT) } }
        return try body()
    }
}
