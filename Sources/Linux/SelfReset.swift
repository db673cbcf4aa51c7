// How this machine is reset without waiting for anything: the emergency restart of the pre-opened
// /proc/sysrq-trigger first, reboot(2) after it. When that is right is decided elsewhere; tests
// give their own effect and never come near the real one.

import CLinux

/// The one act that ends everything on this machine.
public final class SelfReset {
    // `var` only because the compiler reads an optional `let` of this type by consuming it.
    private var trigger: Descriptor?
    private let reboot: () -> Void

    /// What could not be prepared, nil when the sysrq trigger is open.
    public let shortcoming: SystemError?

    /// Opens the trigger now, so that at the moment of need no path is looked up.
    ///
    /// Without it (no privilege, no such file) `reboot(2)` alone remains; see `shortcoming`.
    public static func prepared() -> SelfReset {
        SelfReset(triggerPath: "/proc/sysrq-trigger", reboot: { _ = baton_reboot_now() })
    }

    /// A reset with a trigger file and a reboot of the caller's choice; for tests and dry runs.
    public init(triggerPath: String, reboot: @escaping () -> Void) {
        self.reboot = reboot
        do {
            trigger = try Files.open(triggerPath, O_WRONLY)
            shortcoming = nil
        } catch {
            trigger = nil
            shortcoming = error
        }
    }

    /// Resets the machine at once: no sync, no stop of anything.
    ///
    /// Returns only if the kernel refused both ways.
    ///
    /// The trigger comes first: it restarts without asking any driver, whereas reboot(2) waits for
    /// devices to shut down and may hang on the very device whose stop failed.
    public func resetMachine() {
        if let number = trigger?.number {
            // The result is ignored: when it did not work, the reboot is the answer.
            _ = try? writeBytes(number, [UInt8(ascii: "b")])
        }
        reboot()
    }
}
