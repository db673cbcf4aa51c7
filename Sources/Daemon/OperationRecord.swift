// The record of a running operation (S14): a small file that says which process group may still be
// at work, so that whoever comes after a killed helper can end it. Writing and ending is `Spawner`.

/// One operation that was let through its gate and has not been seen to end.
///
/// **Shape** of the file `RUN/operations/NAME`: one `word value` per line, in the order below; values
/// are without line ends.
struct OperationRecord: Equatable, Sendable {
    /// The boot in which it runs; after another boot all that it ran is gone.
    var boot: String
    /// The leader of its process group.
    var process: Int32
    /// When that process started, in clock ticks after boot (proc(5), field 22).
    var startTicks: UInt64
    /// The group's name.
    var group: String
    /// The resource as haresources writes it.
    var resource: String
    /// `start`, `stop` or `status`.
    var action: String
    /// When its time is over: boot time in nanoseconds.
    var deadline: Int64

    /// The file's text.
    var text: String {
        """
        boot \(boot)
        process \(process)
        start \(startTicks)
        group \(group)
        resource \(resource)
        action \(action)
        deadline \(deadline)

        """
    }

    init(
        boot: String,
        process: Int32,
        startTicks: UInt64,
        group: String,
        resource: String,
        action: String,
        deadline: Int64
    ) {
        self.boot = boot
        self.process = process
        self.startTicks = startTicks
        self.group = group
        self.resource = resource
        self.action = action
        self.deadline = deadline
    }

    /// Reads a file's text; `nil` when it is not whole: its writer was killed before the gate
    /// opened, so nothing of it ever ran.
    init?(text: String) {
        var values: [String: String] = [:]
        // By scalars: as a character a line's end may be one with a carriage return before it.
        let scalars = text.unicodeScalars
        guard scalars.last == "\n" else { return nil }
        for line in scalars.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            values[String(parts[0])] = String(parts[1])
        }
        guard let boot = values["boot"], let group = values["group"],
            let resource = values["resource"], let action = values["action"],
            let process = values["process"].flatMap({ Int32($0) }), process > 1,
            let startTicks = values["start"].flatMap({ UInt64($0) }),
            let deadline = values["deadline"].flatMap({ Int64($0) })
        else { return nil }
        self.init(
            boot: boot,
            process: process,
            startTicks: startTicks,
            group: group,
            resource: resource,
            action: action,
            deadline: deadline
        )
    }
}
