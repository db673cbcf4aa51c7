// Before an edited list brings addresses up, the network is asked who has them (RFC 5227, 2.1.1): an address that two
// machines have serves neither. Once each and with one short wait, since the administrator waits too; where somebody
// answers, the reload is refused before anything was changed.

import Failover
import Linux
import Wire

/// The question whether the addresses that lists add are free.
struct ListQuestion {
    /// What is asked where.
    private struct Target {
        var address: Linux.IPAddress
        var link: NetworkLink
        /// The sender of a question about an IPv6 address.
        var source: IPv6Address
    }

    /// How long answers are waited for once all was asked.
    static let patience: Int64 = 200_000_000

    /// What was not asked yet.
    private var unasked: ArraySlice<Target>
    private let addresses: Set<Failover.IPAddress>
    /// Who answered, an address once.
    private var answers: [Failover.IPAddress: ProbeAnswer] = [:]
    /// When there is something to do next: to ask on, or to end.
    private(set) var due: Int64
    /// Goes on with the reload; with why not, where somebody answered.
    let end: (String?) -> Void

    /// Asks for addresses that are not here; nil where there is none that anybody could be asked for.
    init?(
        _ changes: [ListChanges.Change],
        _ view: NetworkView,
        _ packets: PacketSockets,
        at now: Int64,
        end: @escaping (String?) -> Void
    ) {
        let there = view.present
        let added = changes.flatMap(\.addition.wishes).filter { !there.contains($0.address) }
        guard !added.isEmpty else { return nil }
        let places = view.links.filter { $0.isUp && !$0.isLoopback && $0.hardwareAddress != nil }
            .map { link in
                (
                    link: link, source: packets.source(on: link, view),
                    networks: view.networks(on: link.index)
                )
            }
        unasked = ArraySlice(
            added.flatMap { wish in
                places.filter { place in
                    wish.device.map { $0 == place.link.name }
                        ?? place.networks.contains { $0.contains(wish.address) }
                }.map { Target(address: wish.address, link: $0.link, source: $0.source) }
            }
        )
        guard !unasked.isEmpty else { return nil }
        addresses = Set(unasked.compactMap { Failover.IPAddress(bytes: $0.address.bytes) })
        due = now
        self.end = end
    }

    /// Asks on for a slice of time; whether all was asked and the wait for answers is over.
    mutating func goOn(_ packets: PacketSockets, at now: Int64) -> Bool {
        guard due <= now else { return false }
        guard !unasked.isEmpty else { return true }
        let end = BootClock.now + PacketSockets.slice
        while let target = unasked.first, BootClock.now < end {
            guard packets.ask(target.address, on: target.link, from: target.source, at: now) else {
                due = now + PacketSockets.fullPause
                return false
            }
            unasked.removeFirst()
        }
        if unasked.isEmpty { due = now + ListQuestion.patience }
        return false
    }

    /// Somebody answered; our own devices are nobody.
    mutating func hear(_ heard: [ProbeAnswer], _ view: NetworkView) {
        for answer in heard where addresses.contains(answer.address) {
            let isOwn = view.links.contains { $0.hardwareAddress?.number == answer.mac.value }
            if !isOwn { answers[answer.address] = answer }
        }
    }

    /// Why the lists cannot be put in force; nil when nobody answered.
    var refusal: String? {
        guard !answers.isEmpty else { return nil }
        let found = answers.values.sorted {
            ($0.address.high, $0.address.low) < ($1.address.high, $1.address.low)
        }
        let rest = found.count > 5 ? " and \(found.count - 5) more" : ""
        let texts = found.prefix(5).map { "\($0.address) (\($0.mac) answers on \($0.device))" }
        return "another machine has what a list adds: \(texts.joined(separator: ", "))\(rest);"
            + " take it off there, or out of the list. Where a router answers for all (proxy ARP),"
            + " bring it up by hand first: ip addr add"
    }
}

extension Loop {
    /// Goes on with the question about addresses that lists add; called at each turn.
    func askForLists() {
        guard listQuestion?.goOn(packets, at: now) ?? false, let question = listQuestion else {
            return
        }
        listQuestion = nil
        question.end(question.refusal)
    }
}
