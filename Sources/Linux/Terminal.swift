// The standard streams, the terminal behind them and the environment: what a command needs of the world around
// it. Nothing here is for the loop: writing may wait for a slow reader.

import CLinux

/// The three streams a program is born with.
public enum StandardStream {
    /// Writes all bytes to a stream (1 or 2), waiting for its reader.
    ///
    /// A reader that went away gives EPIPE; SIGPIPE must be ignored (`Signal.ignore`).
    public static func write(_ bytes: [UInt8], to number: Int32) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let count = try writeBytes(number, rest) else {
                throw SystemError(call: "write", errno: .wouldBlock, object: "descriptor \(number)")
            }
            rest = rest.dropFirst(count)
        }
    }
}

extension StandardStream {
    /// All of the standard input to its end, at most `maximum` bytes, waiting for it; EFBIG beyond that.
    public static func readInputWaiting(maximum: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= maximum {
            switch try readBytes(0, maximum: 65536) {
            case .bytes(let more): bytes += more
            case .endOfStream: return bytes
            case .nothingYet:
                throw SystemError(call: "read", errno: .wouldBlock, object: "standard input")
            }
        }
        throw SystemError(call: "read", errno: .tooLarge, object: "standard input")
    }
}

/// A terminal behind a descriptor.
public enum Terminal {
    /// Whether the descriptor leads to a terminal (isatty(3)).
    public static func isTerminal(_ number: Int32) -> Bool { isatty(number) == 1 }

    /// The characters in a line of the terminal; nil when the descriptor is none or does not tell.
    public static func width(_ number: Int32) -> Int? {
        let columns = baton_terminal_columns(number)
        return columns > 0 ? Int(columns) : nil
    }
}

/// The environment this process was given.
public enum Environment {
    /// A variable's value; nil when it is not set.
    public static func value(_ name: String) -> String? {
        // Sound: getenv(3) gives a string that lives as long as nobody changes the environment, which no
        // program of ours does; it is copied at once.
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }
}
