// Which key signs the next beat. A new `auth` takes effect when the peer has announced that it knows the
// key, so that a rotation, in whatever order the two files are changed, never makes a node deaf.

extension Session {
    /// Goes on with other keys (`baton reload`).
    ///
    /// What was agreed with the peer before stays in use while both still know it, until the peer
    /// announces the new signing key.
    ///
    /// - Throws: `WireError.methodUnavailable`; the old keys then stay.
    public mutating func replaceKeys(_ keyring: Keyring) throws(WireError) {
        authenticator = try MessageAuthenticator(.hmac(keyring))
    }

    /// The key agreed with the peer, for `status`; `nil` before the first beat to a proved peer.
    public var signingKey: UInt8? { agreedKey }

    /// The key ids that the proved peer announced last; `nil` while no peer is proved.
    public var peerKeys: [UInt8]? {
        current.map { peer in (0..<16).filter { peer.knownKeys & 1 << $0 != 0 } }
    }

    /// The key for the next beat on `link`; `nil` without authentication.
    ///
    /// 1. While no incarnation of the peer is proved, nobody knows what it knows: successive beats on
    ///    each link go through all keys, the signing one first.
    /// 2. With a proved peer, the signing key if it announced that; else what was agreed before; else the
    ///    first key that both know.
    /// 3. With a candidate that does not know that key, a key that it and the present peer both know; where
    ///    there is none, every second beat is signed for the candidate. A restarted peer whose file has
    ///    lost the agreed key can therefore still prove itself, and a replayed candidate costs nothing
    ///    while the files share a key.
    mutating func nextKey(link: Int) -> UInt8? {
        guard let keyring = authenticator.keyring else { return nil }
        let turn = sealedByLink[link]
        sealedByLink[link] &+= 1
        guard let current,
            let agreed = preferredKey(keyring, among: current.knownKeys)
        else {
            let first = keyring.keys.firstIndex { $0.id == keyring.signing } ?? 0
            let count = keyring.keys.count
            return keyring.keys[(first + Int(turn % UInt64(count))) % count].id
        }
        agreedKey = agreed
        guard let candidate, candidate.knownKeys & 1 << agreed == 0 else { return agreed }
        if let common = preferredKey(keyring, among: candidate.knownKeys & current.knownKeys) {
            return common
        }
        return turn % 2 == 1 ? preferredKey(keyring, among: candidate.knownKeys) ?? agreed : agreed
    }

    /// The key of rule 2 among those in `mask`; `nil` when we have none of them.
    private func preferredKey(_ keyring: Keyring, among mask: UInt16) -> UInt8? {
        if mask & 1 << keyring.signing != 0 { return keyring.signing }
        let common = mask & authenticator.mask
        if let agreedKey, common & 1 << agreedKey != 0 { return agreedKey }
        return keyring.keys.first { common & 1 << $0.id != 0 }?.id
    }
}
