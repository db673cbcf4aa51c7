// How the keeper speaks for a loop that is down: beats that say "this host lives, its daemon does
// not", in the loop's own session (S10). Such a beat is never "alive".

import Failover
import Linux
import Wire

/// The keeper's voice.
final class KeeperSpeaker {
    private let loaded: LoadedConfiguration
    private let shared: SharedState
    private let sockets: HeartbeatSockets
    private var session: Session?

    init(_ loaded: LoadedConfiguration, shared: SharedState) {
        self.loaded = loaded
        self.shared = shared
        sockets = HeartbeatSockets(loaded.paths)
    }

    /// Sends one beat on every link; nothing when no loop has ever spoken.
    func beat(at now: Int64) {
        // Opened late: most keepers never speak.
        _ = sockets.reopenStale()
        guard var session = currentSession() else { return }
        let content = BeatContent(
            kind: .daemonDown,
            isLeaving: false,
            deadtime: loaded.settings.timings.deadtime,
            earliestTake: loaded.settings.timings.deadtime,
            addresses: [],
            groups: []
        )
        for link in loaded.paths.indices {
            let datagrams = session.seal(content, link: link, at: Instant(nanoseconds: now))
            _ = sockets.send(datagrams, on: link)
        }
        self.session = session
        shared.count(.keeperBeats)
    }

    /// The session that goes on for the last loop: the same while that is down, made anew for the
    /// next one.
    private func currentSession() -> Session? {
        let left = shared.continuations.sorted { ($0[1], $0[5]) > ($1[1], $1[5]) }
        if let session, let newest = left.first, session.incarnation.counter == newest[1] {
            return session
        }
        for words in left where words[2] != 0 {
            do {
                return try Session(
                    continuing: SessionContinuation(words: words),
                    cluster: loaded.settings.cluster,
                    node: loaded.settings.node,
                    peer: loaded.settings.peer,
                    authentication: loaded.authentication
                )
            } catch {
                // Half written when the loop was killed: the other copy is whole.
                continue
            }
        }
        return nil
    }
}
