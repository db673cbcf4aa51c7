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

    /// Goes on in the session of the loop that has just ended.
    ///
    /// Done at its end and not later, so that it is never the session of the next loop.
    func takeOver() {
        let left = shared.continuations.sorted { ($0[1], $0[5]) > ($1[1], $1[5]) }
        for words in left where words[2] != 0 {
            do {
                session = try Session(
                    continuing: SessionContinuation(words: words),
                    cluster: loaded.settings.cluster,
                    node: loaded.settings.node,
                    peer: loaded.settings.peer,
                    authentication: loaded.authentication
                )
                return
            } catch {
                // Half written when the loop was killed: the other copy is whole.
                continue
            }
        }
        session = nil
    }

    /// Sends one beat on every link; nothing when no loop has ended.
    func beat(at now: Int64) {
        guard var session else { return }
        // Opened late: most keepers never speak.
        _ = sockets.reopenStale()
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
}
