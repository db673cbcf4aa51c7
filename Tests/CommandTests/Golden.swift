// Texts compared with files under Golden. `BATON_REWRITE_GOLDEN=1 swift test` writes them anew; the change is
// then reviewed as a diff.

import Foundation
import Testing

/// Expects `text` to be exactly the content of `Golden/NAME`.
func expectGolden(
    _ text: String,
    _ name: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden").appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["BATON_REWRITE_GOLDEN"] == "1" {
        try Data(text.utf8).write(to: file)
        return
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(text == expected, "Golden/\(name) differs", sourceLocation: sourceLocation)
}
