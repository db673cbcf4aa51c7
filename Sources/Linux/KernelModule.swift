// Whether the kernel has something that may be a module. Asked for what is not loaded, it would start modprobe and let the
// caller wait for it, and that for a disk: who must not wait asks here first.

/// One module of the kernel.
public struct KernelModule {
    /// Its name, such as `tcp_diag`.
    public let name: String
    /// Whether the kernel needs no module for it, or has none at all.
    public let isBuiltIn: Bool

    /// Reads `modules.builtin` of `/lib/modules`, so that it is for the beginning, where a disk may be waited for.
    public init(_ name: String) {
        self.name = name
        isBuiltIn = KernelModule.isBuiltIn(name)
    }

    /// Goes on where it is there now; reads no disk.
    ///
    /// - Throws: `SystemError`: ENOENT where asking for it would wait for modprobe.
    public func require() throws(SystemError) {
        guard isBuiltIn || Files.exists("/sys/module/\(name)") else {
            throw SystemError(call: "module", errno: .notFound, object: name)
        }
    }

    private static func isBuiltIn(_ name: String) -> Bool {
        guard Files.exists("/proc/sys/kernel/modprobe") else { return true }
        guard let release = try? Files.read("/proc/sys/kernel/osrelease", maximum: 256) else {
            return false
        }
        let kernel = String(decoding: release, as: UTF8.self).prefix { !$0.isWhitespace }
        let list = "/lib/modules/\(kernel)/modules.builtin"
        guard let bytes = try? Files.read(list, maximum: 1 << 20) else { return false }
        return String(decoding: bytes, as: UTF8.self).contains("/\(name).ko")
    }
}
