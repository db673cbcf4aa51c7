// Any bytes as mon.cf: read the same twice, all diagnostics bounded and printable.

@testable import Configuration

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Sound: libFuzzer owns the bytes for the time of this call; they are copied here.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let file = ConfigurationFile(name: "mon.cf", bytes: bytes, mode: 0o600)
    let (result, list) = MonCfParser.parse(file)
    let (again, listAgain) = MonCfParser.parse(file)
    precondition(result == again && list.all == listAgain.all, "read in two ways")
    precondition(
        list.all.count <= DiagnosticList.maximum + 1,
        "more diagnostics than anybody reads"
    )
    _ = Diagnostic.text(list.all)
    return 0
}
