// Any words on a command line: those of baton-monitor by its standard input, for each monitor; those of batond. They are
// read or refused with words, and no password is shown.

import Configuration
import Daemon

@testable import Checks

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let words = MonitorProgram.words(ofInput: input.remainder())
    read(words, TCPMonitor.init)
    read(words, HTTPMonitor.init)
    read(words, FpingMonitor.init)
    read(words, DiskMonitor.init)
    // A password that begins with a slash names a file, which is not to be read here.
    let tame = words.map { String($0.map { $0 == "/" ? "|" : $0 }) }
    read(tame, MySQLMonitor.init)
    read(tame, PostgresMonitor.init)
    let shown = MonitorArguments.withoutPasswords(words)
    precondition(shown.count == words.count, "a word is lost")
    for (index, offset) in MonitorArguments.passwords(in: words) {
        precondition(offset <= words[index].utf8.count, "a password beyond its word")
        precondition(shown[index].hasSuffix("***"), "a password is shown")
    }
    switch DaemonOptions.parse(words) {
    case .run(let options): precondition(!options.state.isEmpty && !options.run.isEmpty)
    case .help(let text), .usageError(let text): precondition(!text.isEmpty)
    }
    return 0
}

private func read<Monitor>(
    _ words: [String],
    _ make: ([String]) throws(MonitorUsageError) -> Monitor
) {
    do throws(MonitorUsageError) {
        _ = try make(words)
    } catch {
        precondition(!error.description.isEmpty, "a refusal without words")
    }
}
