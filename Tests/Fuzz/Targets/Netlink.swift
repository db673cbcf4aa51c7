// Any bytes as the kernel's answer: netlink messages, and what each of them may be of devices, addresses, routes. What
// is read is written again and read as the same.

@testable import Linux

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let bytes = input.remainder()
    for message in NetlinkMessage.parse(bytes.span) ?? [] {
        precondition(
            NetlinkMessage.parse(message.bytes.span) == [message],
            "a message changed on its way"
        )
        _ = message.acknowledgement
        read(message)
        // By chance alone few types would be tried: 16 new link … 20 connection … 25 deleted route.
        for type in UInt16(16)...25 {
            var other = message
            other.type = type
            read(other)
        }
    }
    return 0
}

private func read(_ message: NetlinkMessage) {
    _ = InterfaceEvent(message)
    if let link = NetworkLink(message) { _ = "\(link)" }
    if let route = RouteMatch(message) { _ = "\(route)" }
    if let connection = ConnectionIdentity(message) {
        _ = connection.port
        precondition(ConnectionRequest.destroy(connection).count == 56, "no whole request")
    }
    guard let address = InterfaceAddress(message) else { return }
    // What is changed of an address is its own entry of the table.
    let change = AddressChange.delete(address)
    precondition(
        NetlinkMessage.parse(change.message(sequence: 1).bytes.span)?.count == 1,
        "a change is no message"
    )
    precondition(!change.object.isEmpty)
}
