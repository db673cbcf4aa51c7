// The addresses of groups, done in the loop by netlink: started, stopped, looked at. Telling the
// network is `Announcer`; when each is done is the core's.

import Failover
import Linux

/// An address as a group wants it; what is `nil` is taken from the host's networks.
struct AddressWish: Hashable, Sendable {
    var address: Linux.IPAddress
    var prefixLength: UInt8?
    var device: DeviceName?
    /// IPv4 only.
    var label: String?
    /// IPv4 only.
    var broadcast: IPv4Address?
}

/// The addresses of one resource, to be started, stopped or looked at, a slice of a turn at a time.
struct AddressWork {
    let action: OperationAction
    let wishes: [AddressWish]
    /// How many were begun with.
    fileprivate var begun = 0
    /// What was there before the first of them was taken away.
    fileprivate var before: NetworkView?
    /// Why some could not be started.
    fileprivate var refusals: [String] = []
    /// The first word of the kernel against taking one away.
    fileprivate var trouble: SystemError?

    init(_ action: OperationAction, _ wishes: [AddressWish]) {
        self.action = action
        self.wishes = wishes
    }

    /// How many could not be started, and why, the first of them; nil when all were.
    ///
    /// A list goes on without what cannot be: a mistake in one line of a thousand takes nothing else down.
    var shortcoming: String? {
        guard let first = refusals.first else { return nil }
        let count = "\(refusals.count) of \(wishes.count) addresses"
        return "\(count) could not be brought up, the first: \(first)"
    }
}

/// The kernel's book of addresses, as far as groups use it.
struct AddressResources {
    /// So many between two looks at the clock: some 3 ms.
    private static let piece = 64

    let interfaces: Interfaces

    /// Goes on with work until it is done or the time has come; at least a piece of it is done.
    ///
    /// Cost: some 20 µs for each address, as much for its route where no device is named, and a dump.
    ///
    /// - Returns: how it ended; nil when it is to be gone on with.
    func advance(_ work: inout AddressWork, until deadline: Int64) -> OperationOutcome? {
        do throws(SystemError) {
            switch work.action {
            case .start: return try start(&work, until: deadline)
            case .stop: return try stop(&work, until: deadline)
            case .status:
                let there = try NetworkView(reading: interfaces).present
                // Of a list that is there in part something runs; what is missing is put back (`Loop+Repair`).
                return work.wishes.contains { there.contains($0.address) } ? .running : .stopped
            case .suspend, .resume, .abandon:
                let text = "an address is brought up or down"
                return .failed(OperationFailure(exitCode: nil, output: text))
            }
        } catch {
            let failure = OperationFailure(exitCode: nil, output: "\(error)")
            return work.action == .status ? .unknown(failure) : .failed(failure)
        }
    }

    private func start(
        _ work: inout AddressWork,
        until deadline: Int64
    ) throws(SystemError) -> OperationOutcome? {
        let view = try NetworkView(reading: interfaces)
        let there = view.present
        while work.begun < work.wishes.count {
            let piece = work.wishes[work.begun...].prefix(AddressResources.piece)
            work.begun += piece.count
            var entries: [InterfaceAddress] = []
            for wish in piece where !there.contains(wish.address) {
                let route = wish.device == nil ? try interfaces.route(to: wish.address) : nil
                switch AddressResources.plan(wish, view: view, route: route) {
                case .failure(let refusal): work.refusals.append(refusal.text)
                case .success(let entry): entries.append(entry)
                }
            }
            for error in interfaces.apply(entries.map(AddressChange.add)) {
                guard let error, error.errno != .alreadyExists else { continue }
                work.refusals.append("\(error)")
            }
            if work.begun < work.wishes.count, BootClock.now >= deadline { return nil }
        }
        guard work.refusals.count == work.wishes.count, let first = work.refusals.first else {
            return .succeeded
        }
        return .failed(OperationFailure(exitCode: nil, output: first))
    }

    /// Why an address cannot be started, in words.
    struct Refusal: Error, Equatable {
        var text: String
    }

    /// Which entry an address becomes: the device as named, or the one whose route leads there
    /// (findif of Heartbeat); the prefix as named, or that of the network it joins.
    static func plan(
        _ wish: AddressWish,
        view: NetworkView,
        route: RouteMatch?
    ) -> Result<InterfaceAddress, Refusal> {
        let link: NetworkLink
        if let name = wish.device {
            guard let named = view.links.first(where: { $0.name == name }) else {
                return .failure(Refusal(text: "there is no device \(name)"))
            }
            link = named
        } else {
            guard let route, let found = view.link(route.index), !found.isLoopback else {
                return .failure(
                    Refusal(text: "no route leads to \(wish.address); name a device in haresources")
                )
            }
            if route.gateway != nil, wish.prefixLength == nil {
                return .failure(
                    Refusal(
                        text:
                            "\(wish.address) is in no network of this host; name prefix and device"
                            + " in haresources"
                    )
                )
            }
            link = found
        }
        guard link.isUp else {
            return .failure(Refusal(text: "the device \(link.name) is down"))
        }
        let onLink = route.flatMap { $0.gateway == nil && $0.prefixLength > 0 ? $0 : nil }
        let prefix =
            wish.prefixLength
            ?? view.addresses.first { $0.index == link.index && $0.contains(wish.address) }?
            .prefixLength ?? onLink?.prefixLength
        guard let prefix else {
            return .failure(
                Refusal(
                    text: "no network on \(link.name) contains \(wish.address); name its prefix"
                        + " in haresources"
                )
            )
        }
        var entry = InterfaceAddress(
            index: link.index,
            address: wish.address,
            prefixLength: prefix,
            label: wish.label,
            broadcast: wish.broadcast ?? wish.address.broadcast(prefixLength: prefix)
        )
        entry.origin = InterfaceAddress.ownOrigin
        return .success(entry)
    }

    /// Deletes the addresses wherever they are, the last first.
    ///
    /// Deleting the first address of a network takes its secondaries along unless the device has
    /// `promote_secondaries`; those are other groups' or the host's own, so they are put back at once.
    private func stop(
        _ work: inout AddressWork,
        until deadline: Int64
    ) throws(SystemError) -> OperationOutcome? {
        let before: NetworkView
        if let known = work.before {
            before = known
        } else {
            before = try NetworkView(reading: interfaces)
            work.before = before
        }
        let places = before.places(ofAll: Set(work.wishes.map(\.address)))
        while work.begun < places.count {
            let piece = places.dropLast(work.begun).suffix(AddressResources.piece)
            work.begun += piece.count
            // A device that vanished takes its addresses along: what is left is looked at in the end.
            for error in interfaces.apply(piece.reversed().map(AddressChange.delete)) {
                guard let error, error.errno != .addressNotAvailable else { continue }
                work.trouble = work.trouble ?? error
            }
            if work.begun < places.count, BootClock.now >= deadline { return nil }
        }
        let after = try NetworkView(reading: interfaces)
        let there = after.present
        if let left = work.wishes.first(where: { there.contains($0.address) }) {
            let why = work.trouble.map { ": \($0)" } ?? ""
            let text = "\(left.address) is still there\(why)"
            return .failed(OperationFailure(exitCode: nil, output: text))
        }
        let lost = AddressResources.lost(
            before: before,
            after: after,
            deleting: Set(work.wishes.map(\.address))
        )
        for (entry, error) in zip(lost, interfaces.apply(lost.map(AddressChange.add))) {
            guard let error, ![.alreadyExists, .noSuchDevice].contains(error.errno) else {
                continue
            }
            // The addresses themselves are stopped; that another one is lost must not be silent.
            let first = work.wishes.first.map { "\($0.address)" } ?? ""
            return .failed(
                OperationFailure(
                    exitCode: nil,
                    output: "with \(first) the kernel removed \(entry.address): \(error)"
                )
            )
        }
        return .succeeded
    }

    /// Addresses that went with others, and not with their device.
    static func lost(
        before: NetworkView,
        after: NetworkView,
        deleting addresses: Set<Linux.IPAddress>
    ) -> [InterfaceAddress] {
        before.addresses.filter { entry in
            entry.isSecondary && !addresses.contains(entry.address)
                && after.link(entry.index) != nil
                && !after.addresses.contains {
                    $0.index == entry.index && $0.address == entry.address
                }
        }
    }
}

extension Linux.IPAddress {
    /// The broadcast address of an IPv4 network of at least four addresses.
    func broadcast(prefixLength: UInt8) -> IPv4Address? {
        guard case .v4(let address) = self, prefixLength <= 30 else { return nil }
        let host = UInt32.max >> UInt32(prefixLength)
        return IPv4Address(prefixLength == 0 ? .max : address.number | host)
    }
}
