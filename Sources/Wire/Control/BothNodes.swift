// What `--json` prints where both nodes are asked: the own value's keys, and the other node's beside them, or
// why that is not there.

internal import Failover

/// A status whose own keys stand on top, `peerView` or `peerViewReason` among them.
struct StatusOfBoth: Encodable {
    var own: Status
    var peerView: Result<Status, ControlError>

    private enum Key: String, CodingKey {
        case peerView
        case peerViewReason
    }

    func encode(to encoder: any Encoder) throws {
        try own.encode(to: encoder)
        var fields = encoder.container(keyedBy: Key.self)
        switch peerView {
        case .success(let status): try fields.encode(status, forKey: .peerView)
        case .failure(let error): try fields.encode(error.text, forKey: .peerViewReason)
        }
    }
}

/// Both nodes' accounts.
struct ExplanationOfBoth: Encodable {
    var own: Explanation
    var peer: Result<Explanation, ControlError>

    private enum Key: String, CodingKey {
        case own
        case peer
        case peerReason
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(own, forKey: .own)
        switch peer {
        case .success(let explanation): try fields.encode(explanation, forKey: .peer)
        case .failure(let error): try fields.encode(error.text, forKey: .peerReason)
        }
    }
}
