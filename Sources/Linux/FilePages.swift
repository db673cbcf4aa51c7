// Pages of programs and libraries that a process has read once and may never need again: start-up code and
// its neighbours, which the kernel maps sixteen at a time. Giving them back costs a minor fault where one is
// needed after all; a process that then locks its memory on fault locks only what it uses.

import CLinux

/// This process's mapped files.
public enum FilePages {
    /// Lets go of every page that is mapped from a file, may not be written and never was.
    ///
    /// To be called before memory is locked. What the page cache keeps comes back without a disk read.
    /// - Returns: bytes of address space let go of; 0 where `/proc/self/smaps` cannot be read.
    @discardableResult
    public static func release() -> UInt { baton_release_file_pages() }
}
