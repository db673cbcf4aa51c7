// `baton-lab serve`: the service the client asks for. It answers a datagram with the same bytes and
// the node's name behind them, and a TCP connection with the name and a line end. It binds to every
// address, so it answers for the group's address exactly while the kernel has it.

import CLab

func serve(_ options: Options) throws(LabFailure) {
    let name = Array(try options.required("name").utf8)
    let port = UInt16(try options.number("port", default: 7_000))
    _ = lab_become_realtime(10)
    let datagrams = try Kernel.checked(lab_udp_socket(port), "UDP port \(port)")
    let listener = try Kernel.checked(lab_tcp_listen(port), "TCP port \(port)")
    while !Kernel.stopRequested {
        let ready = Kernel.wait([datagrams, listener], until: Kernel.now + second)
        if ready.contains(datagrams) {
            while let request = Kernel.receiveFrom(datagrams) {
                // A client that went away is no failure of the service.
                _ = Kernel.send(
                    request.bytes + name,
                    on: datagrams,
                    to: request.address,
                    port: request.port
                )
            }
        }
        if ready.contains(listener) {
            while case let connection = lab_tcp_accept(listener), connection >= 0 {
                _ = Kernel.send(name + [10], on: connection)
                lab_close(connection)
            }
        }
    }
}
