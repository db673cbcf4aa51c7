// A MariaDB server of the tests' own: data in a directory of its own, on loopback and a socket there, with
// room for few connections. One serves all tests; it ends with them.

import Foundation
import Glibc
import Testing

final class MariaDB: Sendable {
    static let user = "watcher"
    static let password = #"pa"ss \ #word;'"#
    /// Connections but for root's extra one.
    static let connectionMaximum = 10

    let directory: String
    let port: UInt16
    let process: Int32
    private let companion: Companion

    /// The one server, started by the first who asks.
    static let shared = Result { try MariaDB() }

    var socket: String { directory + "/socket" }

    private init() throws {
        let daemon = try #require(Program.find("mariadbd"))
        let install = try #require(Program.find("mariadb-install-db"))
        port = try TCPServer(backlog: nil).port
        directory = "/tmp/checks-mariadb-\(getpid())"
        let options = """
            --no-defaults --datadir='\(directory)/data' --user=root --bind-address=127.0.0.1 \
            --port=\(port) --socket='\(directory)/socket' --pid-file='\(directory)/pid' \
            --skip-name-resolve --innodb-log-file-size=4M --innodb-buffer-pool-size=8M \
            --max-connections=\(Self.connectionMaximum) --innodb-flush-log-at-trx-commit=0
            """
        // Nothing of it may hold the pipes of this shell.
        companion = try Companion(
            """
            mkdir '\(directory)' && cd '\(directory)'
            '\(install)' --no-defaults --datadir='\(directory)/data' --user=root --skip-test-db \
                --auth-root-authentication-method=normal >install.log 2>&1 </dev/null || exit
            '\(daemon)' \(options) >server.log 2>&1 </dev/null &
            server=$!
            for turn in $(seq 600); do
                '\(try #require(Program.find("mariadb-admin")))' --no-defaults --socket=socket ping >/dev/null 2>&1 && break
                sleep 0.05
            done
            echo $server
            """,
            finally: "kill -9 $server; wait $server 2>/dev/null; rm -rf '\(directory)'"
        )
        process = try #require(Int32(companion.greeting), "see \(directory)")
        let quoted = Self.password.replacing("\\", with: "\\\\").replacing("'", with: "''")
        try sql(
            """
            CREATE DATABASE shop; CREATE TABLE shop.goods (name TEXT); CREATE DATABASE hollow;
            CREATE DATABASE secret; CREATE TABLE secret.plans (name TEXT);
            CREATE USER \(Self.user)@localhost IDENTIFIED BY '\(quoted)';
            CREATE USER \(Self.user)@127.0.0.1 IDENTIFIED BY '\(quoted)';
            GRANT ALL ON shop.* TO \(Self.user)@localhost; GRANT ALL ON hollow.* TO \(Self.user)@localhost;
            CREATE USER sleeper@localhost;
            GRANT ALL ON shop.* TO \(Self.user)@127.0.0.1; GRANT ALL ON hollow.* TO \(Self.user)@127.0.0.1;
            """
        )
    }

    /// Statements of root's.
    func sql(_ text: String) throws {
        try succeed(
            #require(Program.find("mariadb")),
            ["--no-defaults", "--socket=\(socket)", "--user=root", "--execute=\(text)"]
        )
    }

    /// Runs the body while the server does not run, though it is there.
    func whileStopped<Answer>(_ body: () throws -> Answer) throws -> Answer {
        try #require(kill(process, SIGSTOP) == 0)
        defer { kill(process, SIGCONT) }
        return try body()
    }
}
