// An edited list of addresses is put in force by `baton reload` while its group runs: what is new comes up and is
// announced, what is gone goes, and nothing else is touched. In slices of a turn, as operations of addresses are; a stop
// of the group that comes meanwhile finds the old addresses and the new among what it takes away.

import Configuration
import Failover
import Linux

/// The lists that change in one reload.
struct ListChanges {
    /// One list of a group that this node holds.
    struct Change {
        /// The places in the tables of what the loop runs with.
        var group: Int
        var resource: Int
        var list: AddressListArguments
        var difference: AddressListChange
        /// What the list holds from now on.
        var wishes: [AddressWish]
        fileprivate var gone: [AddressWish]
        fileprivate var removal: AddressWork?
        fileprivate var addition: AddressWork
    }

    /// Those that are not done yet, the present one first.
    fileprivate var changes: [Change]
    /// What is done when all are.
    fileprivate let end: ([String]) -> Void
    /// The programs that are run after a change, by their numbers; all have ended before the loop begins anew.
    fileprivate var hooks: Set<UInt64> = []
    /// What was done, a line each.
    fileprivate var said: [String] = []

    init(_ changes: [Change], end: @escaping ([String]) -> Void) {
        self.changes = changes
        self.end = end
    }

    /// Whether there is something to do now.
    var hasWork: Bool { !changes.isEmpty || hooks.isEmpty }

    /// A program has ended, of these or any other.
    mutating func end(_ number: UInt64) { hooks.remove(number) }

    /// The lists that differ in groups that this node holds.
    ///
    /// - Parameters:
    ///   - old: what the loop runs with.
    ///   - new: what it is to run with; its groups have the same resources.
    ///   - held: the groups' names.
    /// - Returns: a change for each such list.
    static func changes(
        from old: LoadedConfiguration,
        to new: LoadedConfiguration,
        held: Set<String>
    ) -> [Change] {
        old.cluster.groups.indices.filter { held.contains(old.cluster.groups[$0].name) }
            .flatMap { group -> [Change] in
                let resources = old.cluster.groups[group].resources
                guard
                    let other = new.cluster.groups.firstIndex(where: {
                        $0.name == old.cluster.groups[group].name
                    }), new.cluster.groups[other].resources.count == resources.count
                else { return [] }
                return resources.indices.compactMap { place in
                    guard let list = resources[place].list,
                        let before = old.wishes[group][place],
                        let after = new.wishes[other][place]
                    else { return nil }
                    let difference = AddressListChange(
                        from: resources[place].addresses ?? [],
                        to: new.cluster.groups[other].resources[place].addresses ?? []
                    )
                    guard !difference.isEmpty else { return nil }
                    // Another prefix makes another address of it.
                    let (had, has) = (Set(before), Set(after))
                    return Change(
                        group: group,
                        resource: place,
                        list: list,
                        difference: difference,
                        wishes: after,
                        gone: before.filter { !has.contains($0) },
                        removal: nil,
                        addition: AddressWork(.start, after.filter { !had.contains($0) })
                    )
                }
            }
    }
}

extension Loop {
    /// Begins to put edited lists in force; `end` is called once all are, with what to say of it.
    func beginListChanges(_ changes: [ListChanges.Change], end: @escaping ([String]) -> Void) {
        for change in changes {
            // A stop that comes before the end takes away what was there and what is to come.
            loaded.wishes[change.group][change.resource] = change.wishes + change.gone
        }
        listChanges = ListChanges(changes, end: end)
    }

    /// Goes on with the lists; there is something to do.
    func changeLists(until deadline: Int64) {
        guard var changes = listChanges else { return }
        guard var change = changes.changes.first else {
            // The loop that follows begins with the new lists: nothing may be half done.
            listChanges = nil
            changes.end(changes.said)
            return
        }
        defer { listChanges = changes }
        if change.removal == nil {
            change.removal = AddressWork(.stop, own(change.gone, change))
        }
        if var removal = change.removal, !removal.wishes.isEmpty {
            let outcome = addresses.advance(&removal, until: deadline)
            change.removal = removal
            changes.changes[0] = change
            guard let outcome else { return }
            if case .failed(let failure) = outcome { say(change, failure.output) }
            packets.withdraw(Set(removal.wishes.map(\.address)))
            change.removal = AddressWork(.stop, [])
        }
        // A group that was given up meanwhile gets nothing.
        if core.holdsUndisputed(change.group), !change.addition.wishes.isEmpty {
            let outcome = addresses.advance(&change.addition, until: deadline)
            changes.changes[0] = change
            guard let outcome else { return }
            if case .failed(let failure) = outcome {
                say(change, failure.output)
            } else {
                announce(change.addition.wishes)
                if let shortcoming = change.addition.shortcoming { say(change, shortcoming) }
            }
        }
        finish(change, &changes)
    }

    private func finish(_ change: ListChanges.Change, _ changes: inout ListChanges) {
        changes.changes.removeFirst()
        loaded.wishes[change.group][change.resource] = change.wishes
        let text =
            "\(change.list.path): " + change.difference.words(added: "added", removed: "removed")
        changes.said.append(text)
        log.say(.info, "reload: \(text)")
        if let hook = change.list.hook, let number = run(hook, for: change) {
            changes.hooks.insert(number)
        }
    }

    /// Those that this daemon brought up, where the kernel tells; the others are left, and that is said.
    private func own(_ wishes: [AddressWish], _ change: ListChanges.Change) -> [AddressWish] {
        readNetwork()
        guard view.tellsOrigin else { return wishes }
        let foreign = Set(
            view.places(ofAll: Set(wishes.map(\.address))).filter { !$0.isOurs }.map(\.address)
        )
        for address in foreign {
            say(change, "\(address) is left where it is: somebody else brought it up")
        }
        return wishes.filter { !foreign.contains($0.address) }
    }

    private func say(_ change: ListChanges.Change, _ text: String) {
        log.say(.warning, "reload: \(change.list.path): \(text)")
    }

    /// The administrator's own step after a change.
    private func run(_ hook: String, for change: ListChanges.Change) -> UInt64? {
        tell(
            ProgramLine(program: hook, arguments: [change.list.path]),
            environment: ["BATON_GROUP=\(loaded.cluster.groups[change.group].name)"],
            input: Array(change.difference.lines.utf8),
            as: "the hook \(hook) of \(change.list.path)"
        )
    }
}
