// Any bytes between the daemon's own processes, either way: orders and reports of the spawner, the checks, the
// recorder and the log, pings. A helper may have been killed in the middle of a word, or run what a stranger wrote. What
// can be read is written and read again as the same.

import Wire

@testable import Daemon

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let bytes = input.remainder()
    same(SpawnerRequest(bytes), SpawnerRequest.init, \.bytes)
    same(SpawnerReport(bytes), SpawnerReport.init, \.bytes)
    same(CheckOrder(bytes), CheckOrder.init, \.bytes)
    same(CheckReport(bytes), CheckReport.init, \.bytes)
    same(RecorderRequest(bytes), RecorderRequest.init, \.bytes)
    same(RecorderReport(bytes), RecorderReport.init, \.bytes)
    same(LogLine(bytes), LogLine.init, \.bytes)
    if let line = LogLine(bytes) {
        let moment = LogLine.localTime(line.time)
        let written = line.stamped(node: "l0", process: 1, at: moment) + line.journal
        precondition(written.utf8.count { $0 == 10 } == 2, "a line is more than one: \(written)")
        expectPrintable(line.text, "a line of the log")
    }
    if let number = HelperChannel.pingNumber(bytes) {
        precondition(HelperChannel.ping(number) == bytes, "a ping changed on its way")
    }
    var reader = MessageReader(bytes)
    _ = reader.texts()
    return 0
}

private func same<Message: Equatable>(
    _ message: Message?,
    _ read: ([UInt8]) -> Message?,
    _ bytes: (Message) -> [UInt8]
) {
    guard let message else { return }
    precondition(read(bytes(message)) == message, "a message changed on its way")
}
