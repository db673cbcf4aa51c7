// The faults of the small model, and the choices by which a run of one quantum is told apart from another: each place
// where something may go wrong is a choice whose first alternative is that nothing does.

import Failover

/// How long a fault lasts.
enum Lasting: Hashable, Sendable {
    /// So many quanta.
    case quanta(Int)
    /// Until it is repaired, which may happen at any time once `ExplorerModel.patience` has passed.
    case untilRepaired
}

/// What may be done to the pair at the beginning of a quantum.
enum ModelFault: Hashable, Sendable {
    /// A machine loses power, and boots when it is over.
    case crash(Int, Lasting)
    /// A daemon is killed and started again; its keeper speaks meanwhile, or is killed too.
    case kill(Int, hasKeeper: Bool, Lasting)
    /// A daemon's loop stands still.
    case stall(Int, Lasting)
    /// A machine stands still, kernel included.
    case freeze(Int, Lasting)
    /// A network carries nothing between the nodes; each still has its router.
    case cut(Int, Way, losesCarrier: Bool, Lasting)
    /// A node's own cable to a network is pulled: neither peer nor router is there for it.
    case pull(Int, Int, losesCarrier: Bool, Lasting)
    /// An administrator types `standby all` on a node.
    case standby(Int)
    /// SIGTERM to a daemon; it is started again a quantum after its end.
    case shutdown(Int)

    /// Every fault of a palette, the ones of node 0 first.
    static func all(_ palette: ExplorationPalette) -> [ModelFault] {
        let isFull = palette == .full
        let over = Lasting.quanta(ExplorerModel.deadtime + 2)
        let short = Lasting.quanta(2)
        var all: [ModelFault] = []
        for node in 0...1 {
            all += [.crash(node, short), .crash(node, .untilRepaired)]
            all += [.kill(node, hasKeeper: true, short), .kill(node, hasKeeper: false, over)]
            all += [.stall(node, over), .freeze(node, over), .standby(node)]
            let service = ExplorerModel.service
            all.append(.pull(node, service, losesCarrier: true, over))
            all.append(.pull(node, service, losesCarrier: false, .untilRepaired))
            guard isFull else { continue }
            all += [.crash(node, over), .shutdown(node), .stall(node, short)]
            all += [.kill(node, hasKeeper: true, over), .kill(node, hasKeeper: true, .quanta(0))]
            all += [.kill(node, hasKeeper: false, .untilRepaired)]
            all.append(.pull(node, service, losesCarrier: false, over))
            all.append(.pull(node, ExplorerModel.replication, losesCarrier: true, over))
        }
        for network in 0...1 {
            all.append(.cut(network, .both, losesCarrier: false, over))
            all.append(.cut(network, .both, losesCarrier: false, .untilRepaired))
            guard isFull else { continue }
            all.append(.cut(network, .both, losesCarrier: false, .quanta(3)))
            all.append(.cut(network, .forth, losesCarrier: false, over))
            all.append(.cut(network, .back, losesCarrier: false, over))
            all.append(.cut(network, .both, losesCarrier: true, over))
        }
        return all
    }
}

/// One thing that went otherwise than it should, for people.
struct Mischance: Sendable {
    /// The quantum in which it happened.
    var quantum: Int
    /// The place within the quantum.
    var point: Int
    /// What was chosen there.
    var alternative: Int
    /// In words.
    var words: String
}

/// The choices of one run of one quantum: those that are prescribed, and those that were met.
struct Choices {
    /// A place where something may go wrong.
    struct Point {
        /// How many ways there are, the first of which costs nothing.
        var count: Int
        /// How many faults each of the others counts for: 0 for what chance decides anyway.
        var cost: Int
    }

    /// What is prescribed, by place in order.
    let prescribed: [(point: Int, alternative: Int)]
    /// The places met so far.
    private(set) var points: [Point] = []
    /// What the prescribed choices did, in words.
    private(set) var words: [String] = []
    private var next = 0

    init(_ prescribed: [(point: Int, alternative: Int)] = []) { self.prescribed = prescribed }

    /// Chooses among `count` ways; `describe` words one that is not the first.
    mutating func choose(_ count: Int, cost: Int = 1, describe: (Int) -> String) -> Int {
        let place = points.count
        points.append(Point(count: count, cost: cost))
        guard next < prescribed.count, prescribed[next].point == place else { return 0 }
        let chosen = prescribed[next].alternative
        next += 1
        words.append(describe(chosen))
        return chosen
    }
}
