// Giving file pages back: less is resident afterwards, and everything still works.

import Linux
import Testing

private func residentFilePages() -> Int {
    guard let bytes = try? Files.read("/proc/self/status", maximum: 65_536) else { return 0 }
    let text = String(decoding: bytes, as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("RssFile:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
}

@Suite(.serialized) struct FilePagesTests {
    @Test func releasedPagesAreGoneAndComeBackWhenNeeded() {
        let before = residentFilePages()
        let released = FilePages.release()
        let after = residentFilePages()
        #expect(released > 0)
        #expect(after < before, "\(before) kB before, \(after) kB after")
        #expect("still \(1 + 1)" == "still 2")
    }
}
