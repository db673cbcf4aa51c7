// Any bytes on the peer channel, and from a helper that was killed in the middle of a word: hellos, requests and
// answers, orders and reports. What can be read is written and read again as the same.

import Failover
import Wire

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Sound: libFuzzer owns the bytes for the time of this call; they are copied here.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    do {
        let hello = try PeerCoding.decodeHello(bytes)
        let again = try PeerCoding.decodeHello(PeerCoding.encode(hello))
        precondition(hello == again, "a hello changed on its way")
    } catch {
        precondition(!error.text.isEmpty, "a refusal without words")
    }
    do {
        let request = try PeerCoding.decodeRequest(bytes)
        let again = try PeerCoding.decodeRequest(PeerCoding.encode(request))
        precondition(request == again, "a request changed on its way")
    } catch {
        precondition(!error.text.isEmpty, "a refusal without words")
    }
    do {
        let reply = try PeerCoding.decodeReply(bytes)
        let again = try PeerCoding.decodeReply(ControlCoding.encode(reply))
        precondition(reply == again, "a reply changed on its way")
    } catch {
        precondition(!error.text.isEmpty, "a refusal without words")
    }
    if let order = PeerOrder(bytes) {
        precondition(PeerOrder(order.bytes) == order, "an order changed on its way")
    }
    if let report = PeerReport(bytes) {
        precondition(PeerReport(report.bytes) == report, "a report changed on its way")
    }
    return 0
}
