// Names to addresses by the resolver of this machine, which may wait long: for programs of one purpose,
// never for a loop.

import CLinux

/// The resolver (getaddrinfo(3)).
public enum HostNames {
    /// Why there are no addresses.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The resolver's words.
        public let description: String
        /// The name has no address, rather than nobody who knows could be asked.
        public let isCertain: Bool
    }

    /// The addresses of a name, in the resolver's order, each once; at least one.
    ///
    /// A number gives itself. Waits for name servers.
    public static func lookUpWaiting(_ name: String) throws(Failure) -> [IPAddress] {
        if let address = IPAddress(name) { return [address] }
        let maximum = 32
        var room = [UInt8](repeating: 0, count: 17 * maximum)
        // Sound: there is room for as many addresses as it is told, 17 bytes each.
        let count = unsafe baton_look_up(name, &room, Int32(maximum))
        guard count > 0 else {
            guard count < 0 else { throw Failure(description: "no address", isCertain: true) }
            throw Failure(
                // Sound: a constant string.
                description: unsafe String(cString: baton_look_up_text(count)),
                isCertain: baton_look_up_is_certain(count)
            )
        }
        var addresses: [IPAddress] = []
        for index in 0..<Int(count) {
            let entry = room[(17 * index)..<(17 * index + 17)]
            let length = Int(entry[entry.startIndex])
            let bytes = Array(entry.dropFirst().prefix(length))
            if let address = IPAddress(bytes: bytes), !addresses.contains(address) {
                addresses.append(address)
            }
        }
        return addresses
    }
}
