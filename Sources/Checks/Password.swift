// Where a password comes from: the word itself, or the first line of a file. It is never said again, not
// even in an error.

import Configuration
import Linux

/// The password of an option, nil when the option was not given.
///
/// As in mon's msql-mysql.monitor a value that begins with `/` names a file, whose first line it is.
func password(_ value: String?) throws(MonitorUsageError) -> String? {
    guard let value else { return nil }
    guard value.hasPrefix("/") else { return try plain(value, "the password") }
    let bytes: [UInt8]
    do throws(SystemError) {
        bytes = try Files.read(value, maximum: 4096)
    } catch {
        throw MonitorUsageError("cannot read the file of the password: \(error.errno.words)")
    }
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    return try plain(String(decoding: line, as: UTF8.self), "the password's file")
}

/// A text without control characters, which neither an option file nor a protocol would carry whole.
func plain(_ text: String, _ what: String) throws(MonitorUsageError) -> String {
    guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
        throw MonitorUsageError("\(what) has a control character")
    }
    return text
}
