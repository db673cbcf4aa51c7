// What the services say that baton-monitor asks, and the clients it asks by: web servers in pieces of any length, the
// clients of MySQL and PostgreSQL, a PostgreSQL's own row. An answer to mon has a summary, lines that show, a bound.

@testable import Checks

/// One thread alone uses them.
nonisolated(unsafe) private let expectations: [HTTPExpectation] = {
    do {
        return [
            try HTTPExpectation(match: nil, status: nil),
            try HTTPExpectation(match: "o+k", status: nil),
            try HTTPExpectation(match: nil, status: "200,404"),
        ]
    } catch {
        fatalError("\(error)")
    }
}()

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let pieceLength = 1 + Int(input.byte())
    let bytes = input.remainder()
    let text = String(decoding: bytes, as: UTF8.self)
    var verdicts = [web(bytes, pieceLength)]
    if let fault = MySQLFault(text) { verdicts.append(fault.verdict) }
    verdicts.append(PostgresFault(text).verdict)
    for isInRecovery in [false, true] {
        let answer = PostgresAnswer(isInRecovery: isInRecovery, lag: Double(text))
        verdicts.append(answer.verdict(.init(role: .standby, maxlag: .seconds(5))))
        verdicts.append(answer.verdict(.init(role: nil, maxlag: nil)))
    }
    let answer = MonitorAnswer(verdicts.enumerated().map { ("host\($0.offset)", $0.element) })
    precondition(answer.output.utf8.count <= MonitorAnswer.outputMaximum, "too much output")
    precondition(answer.exit == 0 || !answer.output.isEmpty, "a failure without words")
    expectPrintable(answer.output, "an answer")
    return 0
}

private func web(_ bytes: [UInt8], _ pieceLength: Int) -> Verdict {
    var whole = HTTPAnswer()
    whole.append(bytes)
    var pieces = HTTPAnswer()
    for place in stride(from: 0, to: bytes.count, by: pieceLength) {
        pieces.append(Array(bytes[place..<min(place + pieceLength, bytes.count)]))
        _ = pieces.isComplete
    }
    precondition(
        pieces.bytes == whole.bytes && pieces.hasHead == whole.hasHead
            && pieces.isComplete == whole.isComplete,
        "an answer in pieces is another one"
    )
    let verdicts = expectations.map { $0.verdict(whole) }
    return verdicts[bytes.count % verdicts.count]
}
