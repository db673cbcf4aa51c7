// baton-resource: words in, exit code and a sentence out. The types are in the room Resources.

import Linux
import Resources

let words = Array(CommandLine.arguments.dropFirst())
if words == ["--help"] || words == ["-h"] { end(0, ResourceProgram.usage) }
guard !words.isEmpty else { end(2, ResourceProgram.usage, to: 2) }
let answer = ResourceProgram.run(words)
end(answer.exit, answer.output, to: answer.exit == 2 ? 2 : 1)

func end(_ exit: Int32, _ text: String, to stream: Int32 = 1) -> Never {
    do throws(SystemError) {
        try StandardStream.write(Array(text.utf8), to: stream)
    } catch {
        // Nobody listens; the exit code still tells.
    }
    ThisProcess.exit(exit)
}
