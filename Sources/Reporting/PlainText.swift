// Texts made fit for a terminal: control characters taken out, long lines wrapped, times in words.

/// The text with each control character replaced by a blank.
///
/// Output of a resource's script is shown to an administrator and must not move the cursor or hide a line.
/// Line ends are kept when asked for.
public func printable(_ text: String, keepsLines: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        if keepsLines, scalar == "\n" {
            result.unicodeScalars.append(scalar)
            continue
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
            result.unicodeScalars.append(" ")
        default:
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// The text in lines of at most `width` characters, broken at blanks.
///
/// A longer word stays whole, and so does a command at the end, so that what is to be typed can be copied. The
/// first line begins with `label`, the others are indented as far.
func wrapped(_ text: String, label: String, width: Int?) -> [String] {
    let indent = String(repeating: " ", count: label.count)
    guard let width else { return [label + text] }
    var lines: [String] = []
    var line = label
    var isEmpty = true
    var words = text.split(separator: " ")
    if let command = words.lastIndex(of: "baton"), command > 0, words[command - 1].hasSuffix(":") {
        words[command...] = [words[command...].joined(separator: " ")[...]]
    }
    for word in words {
        if !isEmpty, line.count + 1 + word.count > width {
            lines.append(line)
            line = indent
            isEmpty = true
        }
        line += (isEmpty ? "" : " ") + word
        isEmpty = false
    }
    return lines + [line]
}

/// How long ago something was, as people say it: `0.4 s`, `12 s`, `5 min`, `2 h 10 min`, `3 d 4 h`.
public func ageText(milliseconds: Int64) -> String {
    let tenths = max(0, milliseconds) / 100
    let seconds = tenths / 10
    let minutes = seconds / 60
    let hours = minutes / 60
    if seconds < 10 { return "\(seconds).\(tenths % 10) s" }
    if minutes < 1 { return "\(seconds) s" }
    if hours < 1 { return "\(minutes) min" }
    if hours < 48 { return minutes % 60 == 0 ? "\(hours) h" : "\(hours) h \(minutes % 60) min" }
    return hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h"
}

/// A number of things: `1 service`, `2 services`.
func counted(_ count: Int, _ thing: String) -> String {
    "\(count) \(thing)\(count == 1 ? "" : "s")"
}

/// `a`, `a and b`, `a, b and c`, and from five on `a, b, c and 2 more`.
func enumerated(_ names: [String]) -> String {
    if names.count > 4 {
        return names[..<3].joined(separator: ", ") + " and \(names.count - 3) more"
    }
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
}
