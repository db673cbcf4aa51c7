// How the program begins: which descriptors it has from the daemon, and who it is to be. What it does then
// is `PeerHelper`.

import Linux

/// The program `batond-peer`, which only batond starts.
public enum PeerProgram {
    /// Runs until the daemon's loop is gone or wants it no more.
    ///
    /// - Parameter arguments: the program's name, the daemon's run directory (for who looks at processes), the number
    ///   of the socket to the loop, and the numbers of sockets that listen.
    /// - Returns: the exit code: 0 ended in order, 1 failed, 2 usage.
    public static func run(_ arguments: [String]) -> Int32 {
        let numbers = arguments.dropFirst(2).compactMap { Int32($0) }
        guard let channel = numbers.first, numbers.count == arguments.count - 2,
            numbers.allSatisfy({ $0 > 2 })
        else {
            say("batond-peer speaks for batond with the other node, and only batond starts it")
            return 2
        }
        do throws(SystemError) {
            // libssl writes to sockets itself.
            try Signal.pipe.ignore()
            try renounce()
            let helper = try PeerHelper(
                channel: MessageSocket(Descriptor(adopting: channel)),
                listeners: numbers.dropFirst().map { TCPListener(adopting: $0) }
            )
            try helper.run()
            return 0
        } catch {
            say("batond-peer: \(error)")
            return 1
        }
    }

    /// Gives up root, for it has all it needs, and strangers speak to it.
    private static func renounce() throws(SystemError) {
        do throws(SystemError) {
            try ThisProcess.becomeNobody()
        } catch {
            // A user namespace without that user: there root is not the machine's.
            guard error.errno == .notPermitted || error.errno == .invalidArgument else {
                throw error
            }
        }
        // The loop's death ends it also where it is stopped.
        try ThisProcess.signalAtParentDeath(.kill)
    }

    private static func say(_ line: String) {
        do throws(SystemError) {
            try StandardStream.write(Array("\(line)\n".utf8), to: 2)
        } catch {
            return  // Nobody reads.
        }
    }
}
