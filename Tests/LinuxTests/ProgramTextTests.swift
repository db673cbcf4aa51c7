// Which mappings are code, and that letting go of it and bringing it in changes nothing.

import Testing

@testable import Linux

@Suite("The program's code in memory")
struct ProgramTextTests {
    @Test("Only mappings of files that are executable and not writable are code")
    func ranges() {
        let maps = """
            55d0a000-55d0b000 r--p 00000000 fe:00 11 /usr/bin/batond
            55d0b000-55d0f000 r-xp 00001000 fe:00 11 /usr/bin/batond
            55d0f000-55d10000 r--p 00005000 fe:00 11 /usr/bin/batond
            55d10000-55d11000 rw-p 00005000 fe:00 11 /usr/bin/batond
            7f000000-7f001000 rwxp 00000000 00:00 0
            7f001000-7f002000 r-xp 00000000 00:00 0 [vdso]
            7f002000-7f004000 r-xp 00002000 fe:00 12 /lib/with a space.so

            """
        let code: [Range<UInt>] = [0x55d0_b000..<0x55d0_f000, 0x7f00_2000..<0x7f00_4000]
        #expect(ProgramText.ranges(ofFilesIn: Array(maps.utf8), withTables: false) == code)
        let own = ProgramText.ranges(
            ofFilesIn: Array(maps.utf8),
            withTables: false,
            programOnly: true
        )
        #expect(own == [0x55d0_b000..<0x55d0_f000])
        let all = [0x55d0_a000..<0x55d0_b000] + code
        #expect(ProgramText.ranges(ofFilesIn: Array(maps.utf8), withTables: true) == all)
    }

    @Test("The program goes on after its code was let go and brought in")
    func goingOn() throws {
        try ProgramText.letGo()
        let maps = try Files.read("/proc/self/maps", maximum: 1 << 22)
        #expect(!ProgramText.ranges(ofFilesIn: maps, withTables: true).isEmpty)
        try ProgramText.bringIn()
    }
}
