// The addresses of groups, done in the loop by netlink: started, stopped, looked at. Telling the
// network is `Announcer`; when each is done is the core's.

import Failover
import Linux

/// An address as a group wants it; what is `nil` is taken from the host's networks.
struct AddressWish: Equatable, Sendable {
    var address: Linux.IPAddress
    var prefixLength: UInt8?
    var device: DeviceName?
    /// IPv4 only.
    var label: String?
    /// IPv4 only.
    var broadcast: IPv4Address?
}

/// The kernel's book of addresses, as far as groups use it.
struct AddressResources {
    let interfaces: Interfaces

    /// Does one operation; it ends before this returns.
    ///
    /// Cost: some 20 µs and a dump each.
    func perform(_ action: OperationAction, _ wish: AddressWish) -> OperationOutcome {
        do throws(SystemError) {
            switch action {
            case .start: return try start(wish)
            case .stop: return try stop(wish)
            case .status:
                let view = try NetworkView(reading: interfaces)
                return view.places(of: wish.address).isEmpty ? .stopped : .running
            case .suspend, .resume, .abandon:
                let text = "an address is brought up or down"
                return .failed(OperationFailure(exitCode: nil, output: text))
            }
        } catch {
            let failure = OperationFailure(exitCode: nil, output: "\(error)")
            return action == .status ? .unknown(failure) : .failed(failure)
        }
    }

    private func start(_ wish: AddressWish) throws(SystemError) -> OperationOutcome {
        let view = try NetworkView(reading: interfaces)
        if !view.places(of: wish.address).isEmpty { return .succeeded }
        let route = wish.device == nil ? try interfaces.route(to: wish.address) : nil
        switch AddressResources.plan(wish, view: view, route: route) {
        case .failure(let refusal):
            return .failed(OperationFailure(exitCode: nil, output: refusal.text))
        case .success(let entry):
            do throws(SystemError) {
                try interfaces.add(entry)
            } catch {
                if error.errno != .alreadyExists { throw error }
            }
            return .succeeded
        }
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
        let neighbour = view.addresses.first { $0.index == link.index && $0.contains(wish.address) }
        let onLink = route.flatMap { $0.gateway == nil && $0.prefixLength > 0 ? $0 : nil }
        let prefix = wish.prefixLength ?? neighbour?.prefixLength ?? onLink?.prefixLength
        guard let prefix else {
            return .failure(
                Refusal(
                    text: "no network on \(link.name) contains \(wish.address); name its prefix"
                        + " in haresources"
                )
            )
        }
        return .success(
            InterfaceAddress(
                index: link.index,
                address: wish.address,
                prefixLength: prefix,
                label: wish.label,
                broadcast: wish.broadcast ?? wish.address.broadcast(prefixLength: prefix)
            )
        )
    }

    /// Deletes the address wherever it is.
    ///
    /// Deleting the first address of a network takes its secondaries along unless the device has
    /// `promote_secondaries`; those are other groups' or the host's own, so they are put back at once.
    private func stop(_ wish: AddressWish) throws(SystemError) -> OperationOutcome {
        let before = try NetworkView(reading: interfaces)
        for entry in before.places(of: wish.address) {
            do throws(SystemError) {
                try interfaces.delete(entry)
            } catch {
                if error.errno != .addressNotAvailable { throw error }
            }
        }
        let after = try NetworkView(reading: interfaces)
        guard after.places(of: wish.address).isEmpty else {
            let failure = OperationFailure(exitCode: nil, output: "\(wish.address) is still there")
            return .failed(failure)
        }
        let lost = AddressResources.lost(before: before, after: after, deleting: wish.address)
        for (entry, error) in zip(lost, interfaces.apply(lost.map(AddressChange.add))) {
            guard let error, error.errno != .alreadyExists else { continue }
            // The address itself is stopped; that another one is lost must not be silent.
            return .failed(
                OperationFailure(
                    exitCode: nil,
                    output: "with \(wish.address) the kernel removed \(entry.address): \(error)"
                )
            )
        }
        return .succeeded
    }

    /// Addresses that went with another one.
    static func lost(
        before: NetworkView,
        after: NetworkView,
        deleting address: Linux.IPAddress
    ) -> [InterfaceAddress] {
        before.addresses.filter { entry in
            entry.isSecondary && entry.address != address
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
