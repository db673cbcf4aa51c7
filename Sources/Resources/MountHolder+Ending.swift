// Which of the processes that use a mount may be ended.

import Linux

extension MountHolder {
    /// Nobody ends init, this program or what runs it.
    var mayBeEnded: Bool {
        let id = process.id
        return id.rawValue > 1 && !MountHolder.ancestors.contains(id)
            && !["batond", "baton"].contains(name)
    }

    /// This process and those above it.
    private static let ancestors: Set<ProcessID> = {
        var found: Set<ProcessID> = [.current]
        var next: ProcessID? = .parent
        while let id = next, id.rawValue > 1, found.insert(id).inserted { next = id.parent }
        return found
    }()
}
