// What goes over the peer channel: which questions of this node's callers go to the other one, and what this
// node tells the other. All of it only reads but `outdate`, which takes from this node what it may use, and gives it
// nothing (`Loop+Fencing`).

import Configuration
import Failover
import Linux
import Wire

extension Loop {
    /// Asks the other node for a caller of a control socket; the answer is the caller's final reply.
    func askPeer(_ request: PeerRequest, for caller: UInt64) {
        let addresses = peerAddresses
        guard !addresses.isEmpty else {
            return noAnswer(
                caller,
                "\(loaded.settings.peer) was not heard yet, so its addresses are not known"
            )
        }
        let refusal = peerClient.ask(
            request,
            caller: caller,
            addresses: addresses,
            key: session.signingKey ?? loaded.keyring.signing,
            at: now
        )
        if let refusal { door.send(.error(ControlError(.busy, refusal)), to: caller) }
    }

    /// Looks after the program that speaks with the other node.
    func watchPeer() {
        answerFiles(machine.expire(at: now))
        take(peerClient.watch(at: now, settings: { peerSettings }))
    }

    /// Takes what a descriptor of the peer channel brings.
    func servePeer(_ token: UInt64) {
        take(peerClient.serve(token, at: now, settings: { peerSettings }))
    }

    /// What this node decided, for its own callers and the other node.
    func explanation(_ group: GroupName?) -> Explanation {
        Explanation(of: status(), decisions: decisions.decisions(at: now), group: group)
    }

    // MARK: details

    private func take(_ arrivals: [PeerClient.Arrival]) {
        for arrival in arrivals {
            switch arrival {
            case .answer(let caller, let line):
                if !takeFence(caller, line) { door.sendFinal(line: line, to: caller) }
            case .noAnswer(let caller, let why):
                if takeFence(caller, nil) { continue }
                noAnswer(caller, "\(loaded.settings.peer) does not answer: \(why)")
            case .question(let id, let line): take(question: line, id)
            case .note(let severity, let text): log.say(severity, text)
            }
        }
    }

    private func noAnswer(_ caller: UInt64, _ why: String) {
        door.send(.error(ControlError(.noAnswer, why)), to: caller)
    }

    /// Answers a question of the other node, or makes it an event.
    private func take(question line: [UInt8], _ id: UInt64) {
        let response: ControlResponse
        do throws(ControlError) {
            switch try PeerCoding.decodeRequest(line) {
            case .status: response = .status(status())
            case .explain(let group): response = .explanation(explanation(group))
            case .files:
                return answerFiles(machine.ask(id, context, loaded.cluster.groups, at: now))
            case .replicas(let name): return tellReplicas(name, for: .peer(id))
            case .outdate(let name):
                if let event = fence(name, for: .peer(id)) { queue.append(event) }
                return
            }
        } catch {
            response = .error(error)
        }
        peerClient.answer(id, ControlCoding.encode(response).dropLast())
    }

    /// Answers questions for this node's files, now that its machine was looked at.
    func answerFiles(_ answers: [MachineReader.Answer]) {
        for answer in answers {
            var files = files()
            files.machine = answer.text
            peerClient.answer(answer.question, ControlCoding.encode(.files(files)).dropLast())
        }
    }

    /// Where the other node may be: the addresses of its beats, then those that ha.cf names.
    var peerAddresses: [[UInt8]] {
        var addresses: [[UInt8]] = core.peerAddresses.map(\.bytes)
        for path in loaded.paths {
            guard case .unicast(let address) = path.destination else { continue }
            let isKnown = addresses.contains(address.bytes)
            if !isKnown, !address.isLinkLocal { addresses.append(address.bytes) }
        }
        return addresses
    }

    /// Who this node is, as the program needs it; nil where libcrypto refuses, which the log says.
    private var peerSettings: PeerSettings? {
        do throws(WireError) {
            var keys: [PeerSettings.Key] = []
            for key in loaded.keyring.keys {
                keys.append(
                    .init(id: key.id, preshared: try ChannelKey.preshared(key.secret))
                )
            }
            return PeerSettings(
                cluster: loaded.settings.cluster,
                node: loaded.settings.node.text,
                peer: loaded.settings.peer.text,
                keys: keys,
                addresses: peerAddresses
            )
        } catch {
            log.say(.error, "no peer channel: \(error)")
            return nil
        }
    }

    /// The files with which this daemon runs, without secrets.
    private func files() -> NodeFiles {
        let files = shared.configuration.value.flatMap(ConfigurationStore.decode)
        func told(_ file: ConfigurationFile?) -> NodeFile? {
            file.map { NodeFile(name: $0.name, bytes: $0.bytes) }
        }
        let keys = loaded.cluster.keys
        return NodeFiles(
            node: loaded.settings.node.text,
            haCf: told(files?.haCf),
            haresources: told(files?.haresources),
            monCf: told(files?.monCf),
            keys: files?.authkeys.map { file in
                NodeKeys(
                    name: file.name,
                    signing: keys.signingID,
                    keys: keys.keys.map { key in
                        NodeKeys.Key(
                            id: key.id,
                            method: key.method.rawValue,
                            digest: ChannelKey.digest(ofKeyWith: key.secret)
                        )
                    }
                )
            },
            lists: files?.lists.compactMap(told)
        )
    }
}
