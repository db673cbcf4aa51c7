// Standard output and standard error. Answers go to the first, progress and errors to the second; a reader
// that went away (`baton status | head -1`) is no error of ours.

import Linux

/// The two standard streams.
enum Output {
    /// Writes to standard output.
    static func write(_ text: String) {
        send(text, to: 1)
    }

    /// Writes a line to standard error.
    static func error(_ line: String) {
        send(line + "\n", to: 2)
    }

    private static func send(_ text: String, to number: Int32) {
        do {
            try StandardStream.write(Array(text.utf8), to: number)
        } catch {
            // Nobody reads: there is nowhere left to tell it.
        }
    }
}

/// How text for standard output is laid out: by its terminal, where it is one.
struct OutputLook {
    /// Characters of a line; `nil` where there is no terminal.
    let width: Int?
    /// Colours are for terminals, and not for who refuses them (no-color.org).
    let usesColor: Bool

    init() {
        let isTerminal = Terminal.isTerminal(1)
        let refusesColor = Environment.value("NO_COLOR").map { !$0.isEmpty } ?? false
        let isDumb = Environment.value("TERM") == "dumb"
        width = isTerminal ? Terminal.width(1) : nil
        usesColor = isTerminal && !refusesColor && !isDumb
    }
}
