// Two ends of a TCP connection over the loopback device, both in the one thread of a target.

import Linux

enum Loopback {
    /// One thread alone uses it.
    nonisolated(unsafe) private static let listener = sure { () throws(SystemError) in
        try TCPListener(.v4, port: 0)
    }

    /// Where to connect to, for `accepted`.
    static let address: TCPAddress = {
        guard let address = IPAddress("127.0.0.1") else { fatalError("no loopback") }
        return TCPAddress(address, port: listener.port)
    }()

    /// Somewhere nobody listens.
    static let nowhere: (address: [UInt8], port: UInt16) = ([127, 0, 0, 1], 1)

    /// The other end of the connection that was just begun.
    static func accepted() -> TCPStream {
        var stream: TCPStream?
        turn("nobody came") {
            stream = sure { () throws(SystemError) in try listener.accept() }
            return stream != nil
        }
        guard let stream else { fatalError("nobody came") }
        return stream
    }

    /// Goes on until a step says that it is enough: the loopback device is quick, but not at once.
    static func turn(_ what: String, _ step: () -> Bool) {
        for round in 0..<2000 {
            if step() { return }
            guard round > 8 else { continue }
            sure { () throws(SystemError) in
                let poller = try Poller()
                try poller.arm(at: BootClock.now + 500_000)
                _ = try poller.wait()
            }
        }
        preconditionFailure("\(what) within a second")
    }

    /// What this machine never refuses.
    static func sure<Value>(_ body: () throws(SystemError) -> Value) -> Value {
        do throws(SystemError) { return try body() } catch { fatalError("\(error)") }
    }
}
