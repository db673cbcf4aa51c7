// Which pages of the program's own code are in this process's memory. A process that must not wait for
// a disk brings all of it in; one that has done its beginning lets go of what that used. Code is never
// written to, so letting go loses nothing: the next call brings the page back from the page cache.

import CLinux

/// The executable mappings of this process: the program and its libraries.
public enum ProgramText {
    /// Brings every page of the program's code in (MADV_POPULATE_READ), so that no rare path waits for a disk.
    ///
    /// Not its libraries': every process of the machine keeps those of libc in memory, and of libcrypto what
    /// is used is used at once. May wait for the disk itself. EINVAL on kernels before 5.14. Lock the memory
    /// after it.
    public static func bringIn() throws(SystemError) {
        try advise(MADV_POPULATE_READ, "MADV_POPULATE_READ", programOnly: true)
    }

    /// Lets go of every page of code, and of the tables that the dynamic linker used, that is in this
    /// process (MADV_DONTNEED); EINVAL where memory is locked.
    public static func letGo() throws(SystemError) {
        try advise(MADV_DONTNEED, "MADV_DONTNEED", withTables: true)
    }

    private static func advise(
        _ advice: Int32,
        _ name: String,
        withTables: Bool = false,
        programOnly: Bool = false
    ) throws(SystemError) {
        let maps = try Files.read("/proc/self/maps", maximum: 1 << 22)
        for range in ranges(ofFilesIn: maps, withTables: withTables, programOnly: programOnly) {
            // Sound: nothing ever writes to these mappings of files, so their pages are the file's
            // own; neither advice changes what is read through them.
            try checked("madvise", name) {
                unsafe madvise(
                    UnsafeMutableRawPointer(bitPattern: range.lowerBound),
                    range.count,
                    advice
                )
            }
        }
    }

    /// The ranges of /proc/PID/maps (proc(5)) that are `r-x`, private and of a file; with tables also
    /// those that are `r--` and begin the file (ELF header, symbols, relocations).
    ///
    /// Other `r--` mappings may be data that was relocated and then made read-only: letting go of
    /// such a page would undo its relocation.
    ///
    /// The program's own mappings come before its libraries'.
    static func ranges(
        ofFilesIn maps: [UInt8],
        withTables: Bool,
        programOnly: Bool = false
    ) -> [Range<UInt>] {
        var program: Substring?
        return maps.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard fields.count >= 6, fields[5].hasPrefix("/") else { return nil }
            if program == nil { program = fields[5] }
            guard !programOnly || fields[5] == program else { return nil }
            let isTable = fields[1] == "r--p" && UInt(fields[2], radix: 16) == 0
            guard fields[1] == "r-xp" || (withTables && isTable) else { return nil }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] > 0, ends[0] < ends[1] else { return nil }
            return ends[0]..<ends[1]
        }
    }
}
