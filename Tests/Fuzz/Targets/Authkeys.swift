// Any bytes as authkeys: keys come out only where there is no error, each within its bounds.

@testable import Configuration

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Sound: libFuzzer owns the bytes for the time of this call; they are copied here.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let file = ConfigurationFile(name: "authkeys", bytes: bytes, mode: 0o600)
    let (keys, list) = AuthkeysParser.parse(file)
    let hasErrors = list.all.contains { $0.severity == .error }
    precondition(keys != nil || hasErrors, "no keys and nobody says why")
    if let keys, !hasErrors {
        precondition(keys.key(keys.signingID) != nil, "signs with a key it has not")
    }
    _ = Diagnostic.text(list.all)
    return 0
}
