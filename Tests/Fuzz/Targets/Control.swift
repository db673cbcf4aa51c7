// Any bytes on the control socket: cut into lines, read as request, response and durable record. What
// can be read is written and read again as the same.

import Failover
import Wire

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Sound: libFuzzer owns the bytes for the time of this call; they are copied here.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    var lines = ControlLines(maximum: 512)
    lines.append(bytes)
    do {
        while let line = try lines.next() { read(line) }
    } catch {
        // Too long: the connection is closed with this word.
    }
    do {
        let record = try RecordCoding.decode(bytes)
        let again = try RecordCoding.decode(RecordCoding.encode(record))
        precondition(record == again, "a record changed on its way")
    } catch {
        // No record: the daemon begins without one.
    }
    return 0
}

private func read(_ line: [UInt8]) {
    do {
        let request = try ControlCoding.decodeRequest(line)
        let again = try ControlCoding.decodeRequest(ControlCoding.encode(request))
        precondition(request == again, "a request changed on its way")
    } catch {
        precondition(!error.text.isEmpty, "a refusal without words")
    }
    do {
        let response = try ControlCoding.decodeResponse(line)
        let again = try ControlCoding.decodeResponse(ControlCoding.encode(response))
        precondition(response == again, "a response changed on its way")
    } catch {
        precondition(!error.text.isEmpty, "a refusal without words")
    }
}
