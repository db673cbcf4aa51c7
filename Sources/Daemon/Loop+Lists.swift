// An edited list of addresses is put in force by `baton reload` while its group runs: what is new comes up and is
// announced, what is gone goes, and nothing else is touched. In slices of a turn, as operations of addresses are; a stop
// of the group that comes meanwhile finds the old addresses and the new among what it takes away.

import Configuration
import Failover
import Linux

/// The lists that change in one reload.
///
/// First goes what is gone, of all lists; then the new files are those of whichever loop follows; then comes what is new.
/// So every address that is here is in a list of the loop that follows, wherever this one ends.
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
        fileprivate(set) var addition: AddressWork
    }

    fileprivate var changes: [Change]
    /// The present one.
    fileprivate var place = 0
    /// Whether all that is gone went, and the new files are accepted.
    fileprivate var isAccepted = false
    fileprivate let accept: () -> Void
    /// What is done when all are.
    fileprivate let end: ([String], CommandOutcome) -> Void
    /// The programs that are run after a change, by their numbers; all have ended before the loop begins anew.
    fileprivate var hooks: Set<UInt64> = []
    /// What was done, a line each.
    fileprivate var said: [String] = []
    /// What could not be done, likewise.
    fileprivate var shortcomings: [String] = []

    /// Whether a list is not yet as it is to be.
    var isPending: Bool { !isAccepted || place < changes.count }

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
    /// Whether something is under way that a loop that begins anew would know nothing of.
    var isAtWork: Bool { spawner.count > 0 || !callers.isEmpty || !addressOperations.isEmpty }

    /// Begins to put edited lists in force.
    ///
    /// - Parameters:
    ///   - changes: the lists; none for a reload of other things.
    ///   - accept: makes the new files those of whichever loop follows.
    ///   - end: called once all is done and nothing is under way, with what to say of it.
    func beginListChanges(
        _ changes: [ListChanges.Change],
        accept: @escaping () -> Void,
        end: @escaping ([String], CommandOutcome) -> Void
    ) {
        for change in changes {
            // A stop that comes before the end takes away what was there and what is to come.
            loaded.wishes[change.group][change.resource] = change.wishes + change.gone
        }
        // What was being put back may be gone from its list.
        repairs = []
        considerRepair()
        listChanges = ListChanges(changes: changes, accept: accept, end: end)
    }

    /// Whether there is something to do for the lists now.
    var hasListWork: Bool {
        guard let listChanges else { return false }
        return listChanges.isPending
            || listChanges.hooks.isEmpty && !isAtWork && repairs.isEmpty
    }

    /// Goes on with the lists; there is something to do.
    func changeLists(until deadline: Int64) {
        guard var lists = listChanges else { return }
        guard lists.isPending else {
            listChanges = nil
            let outcome: CommandOutcome = lists.shortcomings.isEmpty ? .done : .failed
            return lists.end(lists.said + lists.shortcomings, outcome)
        }
        defer { listChanges = lists }
        if lists.place < lists.changes.count {
            let isDone =
                lists.isAccepted ? add(&lists, until: deadline) : remove(&lists, until: deadline)
            guard isDone else { return }
            lists.place += 1
        }
        guard !lists.isAccepted, lists.place == lists.changes.count else { return }
        lists.accept()
        lists.isAccepted = true
        lists.place = 0
    }

    /// Goes on taking away what the present list has no more; whether that is done.
    private func remove(_ lists: inout ListChanges, until deadline: Int64) -> Bool {
        let change = lists.changes[lists.place]
        var removal = change.removal ?? AddressWork(.stop, own(change.gone))
        if !removal.wishes.isEmpty {
            let outcome = addresses.advance(&removal, until: deadline)
            lists.changes[lists.place].removal = removal
            guard let outcome else { return false }
            if case .failed(let failure) = outcome { lists.lack(change.list, failure.output) }
            packets.withdraw(Set(removal.wishes.map(\.address)))
            readNetwork()
        }
        let left = view.places(ofAll: Set(change.gone.map(\.address)))
        if !left.isEmpty {
            lists.lack(change.list, "still here: \(view.words(left))")
            let addresses = Set(left.map(\.address))
            lists.changes[lists.place].difference.removed.removeAll(where: addresses.holds)
        }
        loaded.wishes[change.group][change.resource] = change.wishes
        return true
    }

    /// Goes on bringing up what is new in the present list; whether that is done.
    private func add(_ lists: inout ListChanges, until deadline: Int64) -> Bool {
        var change = lists.changes[lists.place]
        // A group that was given up meanwhile gets nothing.
        if core.holdsUndisputed(change.group), !change.addition.wishes.isEmpty {
            let outcome = addresses.advance(&change.addition, until: deadline)
            lists.changes[lists.place] = change
            guard let outcome else { return false }
            announce(change.addition.wishes)
            if let shortcoming = change.addition.shortcoming {
                lists.lack(change.list, shortcoming)
            } else if case .failed(let failure) = outcome {
                lists.lack(change.list, failure.output)
            }
            let there = view.present
            let lacking = Set(change.addition.wishes.map(\.address)).subtracting(there)
            change.difference.added.removeAll(where: lacking.holds)
        }
        finish(change, &lists)
        return true
    }

    private func finish(_ change: ListChanges.Change, _ lists: inout ListChanges) {
        guard !change.difference.isEmpty else { return }
        let text =
            "\(change.list.path): " + change.difference.words(added: "added", removed: "removed")
        lists.said.append(text)
        if let hook = change.list.hook, let number = run(hook, for: change) {
            lists.hooks.insert(number)
        }
    }

    /// Those that this daemon brought up, where the kernel tells; the others are left, and that is said.
    private func own(_ wishes: [AddressWish]) -> [AddressWish] {
        readNetwork()
        guard view.tellsOrigin else { return wishes }
        let there = view.places(ofAll: Set(wishes.map(\.address)))
        let foreign = Set(there.filter { !$0.isOurs }.map(\.address))
        return wishes.filter { !foreign.contains($0.address) }
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

extension ListChanges {
    fileprivate mutating func lack(_ list: AddressListArguments, _ text: String) {
        shortcomings.append("\(list.path): \(text)")
    }
}

extension Set<Linux.IPAddress> {
    /// Whether an address as a list writes it is among them.
    fileprivate func holds(_ listed: String) -> Bool {
        Linux.IPAddress(String(listed.prefix { $0 != "/" })).map(contains) ?? false
    }
}

extension NetworkView {
    /// Addresses that are here and should not be, with what to type for each; at most five are named.
    fileprivate func words(_ entries: [InterfaceAddress]) -> String {
        let rest = entries.count > 5 ? " and \(entries.count - 5) more" : ""
        return entries.prefix(5).map { entry in
            let whose = tellsOrigin && !entry.isOurs ? ", which somebody else brought up" : ""
            let device = link(entry.index).map { "\($0.name)" } ?? "DEVICE"
            return "\(entry.address)\(whose)"
                + " (ip addr del \(entry.address)/\(entry.prefixLength) dev \(device))"
        }.joined(separator: "; ") + rest
    }
}
