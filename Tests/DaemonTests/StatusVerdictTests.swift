// The reading of `status`, row by row: words first where they are clear, else the exit code.

import Configuration
import Testing

@testable import Daemon

@Suite("The verdict of a status")
struct StatusVerdictTests {
    struct Row: CustomTestStringConvertible {
        var kind: ProgramKind
        var code: Int32
        var text: String
        var verdict: StatusVerdict
        var testDescription: String { "\(kind) \(code) '\(text)' is \(verdict)" }
    }

    static let rows: [Row] = [
        // Heartbeat's own reading of words, whatever the code.
        Row(kind: .resourceScript, code: 0, text: "mysqld is running", verdict: .running),
        Row(kind: .resourceScript, code: 1, text: "Running OK", verdict: .running),
        Row(kind: .resourceScript, code: 0, text: "not running", verdict: .stopped),
        Row(kind: .resourceScript, code: 0, text: "Not Running", verdict: .stopped),
        Row(kind: .resourceScript, code: 1, text: "is not running (pid file)", verdict: .stopped),
        Row(kind: .resourceScript, code: 0, text: "OK", verdict: .running),
        Row(kind: .resourceScript, code: 0, text: "Resource is stopped", verdict: .stopped),
        Row(kind: .resourceScript, code: 0, text: "may be running", verdict: .running),
        // A script that says that it cannot tell is believed.
        Row(kind: .resourceScript, code: 4, text: "", verdict: .unknown),
        Row(kind: .resourceScript, code: 4, text: "is it running?", verdict: .unknown),
        // Contradictions are nobody's to guess.
        Row(kind: .resourceScript, code: 3, text: "not currently running", verdict: .unknown),
        Row(kind: .resourceScript, code: 3, text: "running", verdict: .unknown),
        // Silent scripts are read by LSB codes; what may run is not taken for stopped.
        Row(kind: .resourceScript, code: 0, text: "", verdict: .running),
        Row(kind: .resourceScript, code: 3, text: "", verdict: .stopped),
        Row(kind: .resourceScript, code: 1, text: "no such table", verdict: .unknown),
        Row(kind: .resourceScript, code: 127, text: "", verdict: .unknown),
        // Init scripts: 1 and 2 are dead with something left behind.
        Row(kind: .initScript, code: 0, text: "", verdict: .running),
        Row(kind: .initScript, code: 1, text: "", verdict: .stopped),
        Row(kind: .initScript, code: 2, text: "", verdict: .stopped),
        Row(kind: .initScript, code: 3, text: "", verdict: .stopped),
        Row(kind: .initScript, code: 4, text: "", verdict: .unknown),
        Row(kind: .initScript, code: 0, text: "apache2 is not running", verdict: .stopped),
        // OCF agents: codes alone.
        Row(kind: .agent, code: 0, text: "not running", verdict: .running),
        Row(kind: .agent, code: 8, text: "", verdict: .running),
        Row(kind: .agent, code: 7, text: "running", verdict: .stopped),
        Row(kind: .agent, code: 1, text: "stopped", verdict: .unknown),
        Row(kind: .agent, code: 5, text: "", verdict: .unknown),
        Row(kind: .agent, code: 9, text: "", verdict: .unknown),
        // systemd prints one word.
        Row(kind: .unit, code: 0, text: "active\n", verdict: .running),
        Row(kind: .unit, code: 0, text: "reloading\n", verdict: .running),
        Row(kind: .unit, code: 3, text: "inactive\n", verdict: .stopped),
        Row(kind: .unit, code: 3, text: "failed\n", verdict: .stopped),
        Row(kind: .unit, code: 3, text: "activating\n", verdict: .unknown),
        Row(kind: .unit, code: 3, text: "deactivating\n", verdict: .unknown),
        Row(kind: .unit, code: 1, text: "Failed to connect to bus\n", verdict: .unknown),
    ]

    @Test("Words and exit code give the verdict of the table", arguments: rows)
    func table(_ row: Row) {
        #expect(StatusVerdict.judge(row.kind, exitCode: row.code, text: row.text) == row.verdict)
    }
}
