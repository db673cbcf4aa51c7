// baton-monitor: words in, the answer out. The monitors are in the room Checks.

import Checks
import Linux

/// The words behind the program's own name; a link called `http.monitor` is that monitor.
var words = CommandLine.arguments
let own = words.isEmpty ? "" : words.removeFirst().split(separator: "/").last.map(String.init) ?? ""
MonitorProgram.hidePasswords(words)
if MonitorProgram.names.contains(own) { words.insert(own, at: 0) }

if words == ["--help"] || words == ["-h"] { end(0, MonitorProgram.usage) }
if words == ["--stdin"] {
    do throws(SystemError) {
        words = MonitorProgram.words(ofInput: try StandardStream.readInputWaiting(maximum: 65536))
    } catch {
        end(126, "cannot read the words: \(error)\n", to: 2)
    }
}
guard !words.isEmpty else { end(126, MonitorProgram.usage, to: 2) }
let answer = MonitorProgram.run(words)
end(answer.exit, answer.output, to: answer.isMisuse ? 2 : 1)

func end(_ exit: Int32, _ text: String, to stream: Int32 = 1) -> Never {
    do throws(SystemError) {
        try StandardStream.write(Array(text.utf8), to: stream)
    } catch {
        // Nobody listens; the exit code still tells.
    }
    ThisProcess.exit(exit)
}
