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
