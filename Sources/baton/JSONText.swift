// Values as JSON for `--json`: keys sorted, so that two answers can be compared line by line. The status itself
// is written by `Wire`, whose layout it is.

import FoundationEssentials

/// JSON of our own values.
enum JSONText {
    /// The value as indented JSON with sorted keys, without a last newline.
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
