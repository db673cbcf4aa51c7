// What the loop may tell `batond-peer`, also a loop of another version: rows of orders, each answered, done or refused,
// until the loop is gone. Questions go to this machine alone.

import Linux
import Wire

@testable import PeerChannel

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    Loopback.sure { () throws(SystemError) in
        try Signal.pipe.ignore()
        let helper = try PeerHelper(channel: try told(&input), listeners: [])
        try helper.run()
        precondition(helper.inquiries.count <= PeerHelper.inquiriesMaximum, "too many questions")
        precondition(helper.visitors.isEmpty, "a visitor from nowhere")
    }
    return 0
}

/// A loop that has said all of it and is gone: its end is closed here.
private func told(_ input: inout Input) throws(SystemError) -> MessageSocket {
    let (ours, theirs) = try MessageSocket.pair()
    while !input.isEmpty {
        let order = tame(input.piece())
        if !order.isEmpty { _ = try ours.send(order) }
    }
    return theirs
}

/// The same order, but no question that leaves this machine.
private func tame(_ order: [UInt8]) -> [UInt8] {
    guard case .ask(var question)? = PeerOrder(order) else { return order }
    question.addresses = question.addresses.map { _ in Loopback.nowhere.address }
    question.port = Loopback.nowhere.port
    return PeerOrder.ask(question).bytes
}
