// The questions about copies of replicated data on their way between DRBD, the core and the other node (S11): who asked
// is kept here, what is answered is the core's. DRBD's handler waits for its answer, perhaps in the kernel, while an
// operation of this daemon waits for DRBD: nothing here waits for that operation.

import Configuration
import Failover
import Wire

/// Who waits for an answer about copies of data.
enum Asker {
    /// A connection of the control socket.
    case control(UInt64)
    /// A question of the other node, by its number in the peer channel.
    case peer(UInt64)
}

/// One question without an answer yet.
struct FenceCaller {
    var asker: Asker
    /// The resource's name in DRBD.
    var name: String
}

extension Loop {
    /// Questions of both kinds at once; the core has a limit of its own.
    private static let fencesMaximum = 32
    /// Where the numbers of callers begin by which the peer channel knows these questions; no connection reaches them.
    private static let fenceCallers: UInt64 = 1 << 62
    /// How much of the other node's words is kept, in characters.
    private static let fenceTextMaximum = 256

    /// Makes a question an event, or answers it here.
    ///
    /// - Parameters:
    ///   - name: the resource's name in DRBD.
    ///   - peers: the hosts on the other side, as DRBD names them; empty where it does not.
    ///   - asker: who waits for the answer.
    /// - Returns: what the core is told; nil when it was answered.
    func fence(_ name: String, peers: [String] = [], for asker: Asker) -> Event? {
        func answered(_ verdict: FenceVerdict, _ text: String) -> Event? {
            answer(.fence(FenceReply(verdict, text)), to: asker)
            return nil
        }
        let node = loaded.settings.node
        guard hasBegun else { return answered(.pending, "batond on \(node) is starting") }
        guard let (group, resource) = replicated(name).first else {
            return answered(.refused, "no group on \(node) moves drbddisk::\(name.prefix(64))")
        }
        let peer = loaded.settings.peer
        guard peers.isEmpty || peers.contains(where: { $0.lowercased() == peer.text.lowercased() })
        else {
            let named = peers.joined(separator: " ").prefix(Loop.fenceTextMaximum)
            return answered(.refused, "DRBD's peer is \(named), the other node is \(peer)")
        }
        guard fences.count < Loop.fencesMaximum else {
            return answered(.pending, "batond on \(node) has too many questions on their way")
        }
        fenceIssued += 1
        let id = FenceID(fenceIssued)
        fences[id] = FenceCaller(asker: asker, name: name)
        switch asker {
        case .control: return .fenceRequested(id, group: group, resource: resource)
        case .peer: return .outdateRequested(id, group: group, resource: resource)
        }
    }

    /// Asks the other node for the core.
    func askPeerToOutdate(_ id: FenceID) {
        guard let name = fences[id]?.name else { return }
        let addresses = peerAddresses
        guard !addresses.isEmpty else { return queue.append(.peerFenceAnswered(id, nil)) }
        let refusal = peerClient.ask(
            .outdate(resource: name),
            caller: Loop.fenceCallers + id.value,
            addresses: addresses,
            key: session.signingKey ?? loaded.keyring.signing,
            at: now
        )
        if let refusal {
            queue.append(.peerFenceAnswered(id, FenceReply(.pending, refusal)))
        }
    }

    /// The core's answer, to whoever asked.
    func answerFence(_ id: FenceID, _ reply: FenceReply) {
        guard let caller = fences.removeValue(forKey: id) else { return }
        answer(.fence(reply), to: caller.asker)
    }

    /// The other node's answer to the core's question, or that there is none; `false` where somebody else asked.
    func takeFence(_ caller: UInt64, _ line: [UInt8]?) -> Bool {
        guard caller >= Loop.fenceCallers else { return false }
        let id = FenceID(caller - Loop.fenceCallers)
        queue.append(.peerFenceAnswered(id, line.map { Loop.fenceReply($0, loaded.settings.peer) }))
        return true
    }

    /// What the other node's line says.
    static func fenceReply(_ line: [UInt8], _ peer: NodeName) -> FenceReply {
        do throws(ControlError) {
            switch try PeerCoding.decodeReply(line) {
            case .fence(let reply):
                return FenceReply(reply.verdict, String(reply.text.prefix(fenceTextMaximum)))
            case .error(let error):
                // One of an earlier version knows no such verb.
                let text = "\(peer): \(error.text.prefix(fenceTextMaximum))"
                return FenceReply(error.code == .busy ? .pending : .refused, text)
            default: return FenceReply(.refused, "\(peer) answers something else")
            }
        } catch {
            return FenceReply(.refused, "the answer of \(peer) cannot be read")
        }
    }

    /// An answer to whoever asked, here or there.
    func answer(_ response: ControlResponse, to asker: Asker) {
        switch asker {
        case .control(let caller): door.send(response, to: caller)
        case .peer(let question):
            peerClient.answer(question, ControlCoding.encode(response).dropLast())
        }
    }

    /// The places of the resources that move DRBD's resource of this name; of all that replicate where it is nil.
    func replicated(_ name: String?) -> [(group: Int, resource: Int)] {
        loaded.cluster.groups.enumerated().flatMap { group, one in
            one.resources.enumerated().compactMap { place, resource in
                let named = resource.arguments.first ?? "all"
                guard loaded.settings.groups[group].resources[place].isReplicated,
                    name == nil || named == name || named == "all"
                else { return nil }
                return (group, place)
            }
        }
    }
}
