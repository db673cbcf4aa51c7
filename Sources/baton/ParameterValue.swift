// `cl_status hbparameter`: a value of ha.cf as it is written there. The file is read again, for the daemon keeps
// only what the words mean.

import Configuration
import Linux

enum ParameterValue {
    /// The text behind the word, its last line counting, lists on several lines joined; `nil` when it is not there.
    static func asConfigured(_ name: String) -> String? {
        guard let bytes = try? Files.read(path, maximum: 1 << 20) else { return nil }
        var values: [String] = []
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, first == name, words.count > 1 else { continue }
            let value = words.dropFirst().joined(separator: " ")
            if name == "node" { values.append(value) } else { values = [value] }
        }
        return values.isEmpty ? nil : values.joined(separator: " ")
    }

    private static var path: String {
        (Environment.value("BATON_CONFIG") ?? ConfigurationOptions.standardDirectory) + "/ha.cf"
    }
}
