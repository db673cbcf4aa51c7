// What is known of the peer's keys where its authkeys itself is not at hand: the peer channel tells numbers,
// methods and digests, never a secret. Comparing them is `ConfigurationCheck+Peer`; digests are made elsewhere.

/// The keys of the other node without their secrets.
public struct PeerKeys {
    /// What diagnostics call the file.
    public var file: String
    /// `auth N` there.
    public var signingID: UInt8
    /// What each key there is, by its number: a text that equal keys share.
    public var meanings: [UInt8: String]
    /// The same text of a key of this node.
    public var meaning: (AuthenticationKey) -> String

    /// Makes it of what the peer told.
    public init(
        file: String,
        signingID: UInt8,
        meanings: [UInt8: String],
        meaning: @escaping (AuthenticationKey) -> String
    ) {
        self.file = file
        self.signingID = signingID
        self.meanings = meanings
        self.meaning = meaning
    }

    /// Those of an authkeys that was read.
    init(_ keys: AuthenticationKeys, file: String) {
        self.init(
            file: file,
            signingID: keys.signingID,
            meanings: [:],
            meaning: { "\($0.method.rawValue) \($0.secret)" }
        )
        for key in keys.keys { meanings[key.id] = meaning(key) }
    }
}
