// Any bytes as haresources: groups and diagnostics bounded, all names of nodes known ones.

@testable import Configuration

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Sound: libFuzzer owns the bytes for the time of this call; they are copied here.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let file = ConfigurationFile(name: "haresources", bytes: bytes, mode: 0o600)
    let (result, list) = HaresourcesParser.parse(file, nodes: ["l0", "l1"], stateless: ["apache"])
    precondition(
        list.all.count <= DiagnosticList.maximum + 1,
        "more diagnostics than anybody reads"
    )
    precondition(result.groups.count <= 1_000, "more groups than the core takes")
    _ = Diagnostic.text(list.all)
    return 0
}
