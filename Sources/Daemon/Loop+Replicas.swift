// How replicated resources stand, for `baton drbd` of either node: the program of each is asked in a child with a
// deadline, since what it looks at may hang, and what this daemon knows besides is put to its answer.

import Configuration
import Failover
import Linux
import Resources
import Wire

/// One question that has answers to wait for.
struct ReplicaQuestion {
    /// Who waits: a connection of a control socket, or a question of the other node.
    var asker: Asker
    /// The one resource that is asked for; nil for all.
    var name: String?
    /// The groups' places, by the numbers of the children.
    var groups: [UInt64: Int] = [:]
    /// What was answered so far.
    var report: ReplicaReport
}

extension Loop {
    /// Questions at once; each is a child for each resource.
    private static let replicaQuestionsMaximum = 4
    /// Time allowed for one child: somebody waits for what it can tell, however slow the machine is.
    static let replicaTimeout: Int64 = 8_000_000_000

    /// Asks every resource that replicates, or the one of that name.
    func tellReplicas(_ name: String?, for asker: Asker) {
        guard hasBegun, replicaQuestions.count < Loop.replicaQuestionsMaximum else {
            return answer(
                .error(
                    ControlError(
                        .busy,
                        "batond looks at its replicated resources already; ask again"
                    )
                ),
                to: asker
            )
        }
        var question = ReplicaQuestion(
            asker: asker,
            name: name,
            report: ReplicaReport(node: loaded.settings.node.text)
        )
        for (group, place) in replicated(name) {
            if let number = ask("view", group, place, Loop.replicaTimeout) {
                question.groups[number] = group
            } else {
                let resource = loaded.cluster.groups[group].resources[place]
                question.report.faults.append("\(resource.text): too much is asked already")
            }
        }
        if question.groups.isEmpty, question.report.faults.isEmpty {
            let what = name.map { "drbddisk::\($0)" } ?? "a replicated resource"
            question.report.faults.append("no group of haresources moves \(what)")
        }
        replicaQuestions.append(question)
        finishReplicas()
    }

    /// Takes the answer of a resource's program; `false` when it is none of these.
    func takeReplica(_ number: UInt64, _ ending: CheckEnding, _ output: String) -> Bool {
        guard
            let place = replicaQuestions.firstIndex(where: { $0.groups[number] != nil }),
            let group = replicaQuestions[place].groups.removeValue(forKey: number)
        else { return false }
        let status = status().groups[group]
        if ending == .exited(0) {
            let name = replicaQuestions[place].name
            replicaQuestions[place].report.replicas += DRBDView.parse(output)
                .filter { name == nil || $0.name == name }
                .map { ReplicaStatus($0, node: loaded.settings.node, of: status) }
        } else {
            let said =
                output.split(whereSeparator: \.isNewline).first.map { ": \($0.prefix(256))" } ?? ""
            let why = Loop.words(ending)
            replicaQuestions[place].report.faults.append("\(status.name): \(why)\(said)")
        }
        finishReplicas()
        return true
    }

    private static func words(_ ending: CheckEnding) -> String {
        switch ending {
        case .exited: "it cannot be told how it stands"
        case .undecided: "it cannot be told how it stands"
        case .killed(let signal): "the look ended by \(signal)"
        case .timedOut: "the look took too long"
        case .notRun(let why): why
        }
    }

    /// Answers what has all its answers.
    private func finishReplicas() {
        for question in replicaQuestions where question.groups.isEmpty {
            answer(.replicas(question.report), to: question.asker)
        }
        replicaQuestions.removeAll(where: \.groups.isEmpty)
    }
}

extension ReplicaStatus {
    /// What the program says, and what this daemon knows of the group.
    init(_ view: DRBDView, node: NodeName, of group: GroupStatus) {
        self.init(
            name: view.name,
            node: node.text,
            version: view.version,
            role: view.role,
            peerRole: view.peerRole,
            connection: view.connection,
            generations: view.generations.map { String($0, radix: 16, uppercase: true) },
            volumes: view.volumes.map { one in
                var volume = Volume(
                    number: one.number,
                    device: one.device,
                    disk: one.disk,
                    peerDisk: one.peerDisk
                )
                volume.done = one.done
                volume.mount = one.mount
                volume.filesystem = one.filesystem
                volume.size = one.size
                volume.used = one.used
                return volume
            },
            group: group.name,
            data: group.data,
            isActive: group.state == .active
        )
    }
}
