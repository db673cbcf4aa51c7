// http.monitor against a real web server, with and without TLS.

import Foundation
import Testing

@testable import Checks

/// A server whose paths are its answers: /404 has that status, /slow never ends, /text has a text.
final class WebServer: Sendable {
    static let plain = Result { try WebServer(isTLS: false) }
    static let tls = Result { try WebServer(isTLS: true) }

    let port: UInt16
    private let companion: Companion

    private init(isTLS: Bool) throws {
        let python = try #require(Program.find("python3"))
        let directory = "/tmp/checks-web-\(getpid())-\(isTLS)"
        let script = #"""
            import http.server, ssl, sys, threading
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    path = self.path[1:]
                    if path == "raw":
                        self.wfile.write(b"220 mail ready\r\n"); return
                    if path == "shut":
                        return
                    status = int(path) if path.isdigit() else 200
                    self.send_response(status)
                    self.send_header("X-Host", self.headers["Host"])
                    self.send_header("X-Agent", self.headers["User-Agent"])
                    self.end_headers()
                    self.wfile.write(b"first line\nthe orders are open\n")
                    if path == "slow":
                        self.wfile.flush(); threading.Event().wait()
                def log_message(self, *words): pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.daemon_threads = True
            if len(sys.argv) > 1:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(sys.argv[1] + "/cert", sys.argv[1] + "/key")
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            print(server.server_address[1], flush=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            sys.stdin.read()
            """#
        // The shell's own input is the server's: both end with the tests.
        companion = try Companion(
            """
            mkdir '\(directory)' && cd '\(directory)'
            cat >server.py <<'END'
            \(script)
            END
            \(isTLS ? "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=test 2>/dev/null" : "")
            '\(python)' server.py \(isTLS ? "." : "")
            """,
            finally: "cd /; rm -rf '\(directory)'"
        )
        port = try #require(UInt16(companion.greeting))
    }
}

@Suite struct HTTPAnswerTests {
    @Test(arguments: ["\r\n", "\n"])
    func endsWhereContentLengthSaysSo(end: String) {
        var answer = HTTPAnswer()
        let head = ["HTTP/1.1 200 OK", "Server: x", "Content-length:  4", ""].joined(separator: end)
        answer.append(Array((head + end + "abc").utf8))
        #expect(answer.hasHead && !answer.isComplete)
        answer.append([UInt8(ascii: "d")])
        #expect(answer.isComplete)
    }
}

@Suite(.needsPython) struct HTTPMonitorTests {
    private func ask(_ words: String...) throws -> Ended {
        let port = try WebServer.plain.get().port
        return try Running(Program.monitor, ["http.monitor", "-p\(port)"] + words).end()
    }

    @Test(arguments: ["/", "/204", "/302", "/401", "/slow"])
    func anAnswerOfTheGoodKindPasses(path: String) throws {
        #expect(try ask("-u", path, "127.0.0.1") == Ended(code: 0, output: ""))
    }

    @Test(
        arguments: [
            ("/404", "status 404 Not Found"), ("/500", "status 500 Internal Server Error"),
            ("/503", "status 503 Service Unavailable"),
            ("/raw", "the answer is not HTTP: '220 mail ready'"),
            ("/shut", "connection closed without an answer"),
        ]
    )
    func anyOtherFails(path: String, words: String) throws {
        let ended = try ask("-u", path, "127.0.0.1")
        #expect(ended == Ended(code: 1, output: "127.0.0.1\n127.0.0.1: \(words)\n"))
    }

    @Test func statusesThatAreNamedAreTheOnesThatPass() throws {
        #expect(try ask("-u/404", "--status", "200,404", "127.0.0.1").code == 0)
        #expect(try ask("-u/204", "--status", "200,404", "127.0.0.1").code == 1)
    }

    @Test func theTextDecidesWhereOneIsAskedFor() throws {
        #expect(try ask("-m", "orders (are|were) open", "127.0.0.1").code == 0)
        #expect(try ask("-m", "line.the", "127.0.0.1").code == 0, "a dot is a line's end too")
        #expect(try ask("-u/500", "-m", "orders", "127.0.0.1").code == 0, "as in mon")
        #expect(try ask("-u/slow", "-m", "orders", "127.0.0.1").code == 0, "it need not end")
        let ended = try ask("-m", "closed", "127.0.0.1")
        #expect(
            ended
                == Ended(
                    code: 1,
                    output: "127.0.0.1\n127.0.0.1: the answer does not match -m (status 200 OK)\n"
                )
        )
    }

    @Test func anAnswerThatNeverEndsIsCutByTheDeadline() throws {
        let begin = ContinuousClock.now
        let ended = try ask("-t0.5", "-u/slow", "-m", "closed", "127.0.0.1")
        #expect(
            ended
                == Ended(
                    code: 1,
                    output: "127.0.0.1\n127.0.0.1: timeout: the answer does not end\n"
                )
        )
        #expect(ContinuousClock.now - begin < .seconds(30))
    }

    @Test func hostAndAgentAreWhatIsAskedFor() throws {
        #expect(
            try ask("-H", "shop.example", "-m", "X-Host: shop.example\r", "127.0.0.1").code == 0
        )
        #expect(try ask("-m", "X-Host: 127.0.0.1\r", "127.0.0.1").code == 0)
        #expect(try ask("-a", "watcher/1", "-m", "X-Agent: watcher/1\r", "127.0.0.1").code == 0)
        #expect(try ask("-m", "X-Agent: mon.d/http.monitor\r", "127.0.0.1").code == 0)
    }

    @Test func aPortWithoutServerFails() throws {
        let closed = try TCPServer(backlog: nil)
        let ended = try monitor("http.monitor", "-p\(closed.port)", "localhost")
        #expect(
            ended
                == Ended(
                    code: 1,
                    output: "localhost\nlocalhost: could not connect: Connection refused\n"
                )
        )
    }

    @Test(.enabled(if: Program.find("openssl") != nil, "openssl is not installed"))
    func tlsIsAskedForByName() throws {
        let port = try WebServer.tls.get().port
        func ask(_ words: String...) throws -> Ended {
            try Running(Program.monitor, ["http.monitor", "-p\(port)"] + words).end()
        }
        #expect(try ask("--insecure", "-m", "orders", "127.0.0.1") == Ended(code: 0, output: ""))
        #expect(try ask("--insecure", "-u/404", "127.0.0.1").code == 1)
        // A certificate of nobody's is no failure of the service.
        #expect(
            try ask("--tls", "127.0.0.1")
                == Ended(
                    code: 126,
                    output:
                        "127.0.0.1: TLS: the certificate is not good: self-signed certificate; --insecure takes any\n"
                )
        )
        let plain = try WebServer.plain.get().port
        let ended = try monitor("http.monitor", "--insecure", "-p\(plain)", "127.0.0.1")
        #expect(ended.code == 1)
        #expect(ended.output.hasPrefix("127.0.0.1\n127.0.0.1: no TLS: "))
        let mute = try TCPServer()
        let hung = try monitor("http.monitor", "--insecure", "-t0.3", "-p\(mute.port)", "127.0.0.1")
        #expect(
            hung == Ended(code: 1, output: "127.0.0.1\n127.0.0.1: timeout: connected, but no TLS\n")
        )
    }
}
