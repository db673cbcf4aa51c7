// `cl_status` as Heartbeat 3.0.6 has it: which words it takes and how it exits. What it prints is made by
// `HeartbeatQuestions`. Exit codes: 0, 1 (the answer is no, or nobody to ask), 11 wrong arguments, 12 no answer
// within 5 seconds, 13 anything else.

import Failover
import Linux
import Reporting

enum ClusterStatusCommand {
    /// Heartbeat's alarm.
    static let answerMilliseconds: Int64 = 5000

    /// Carries the command out and gives its exit code.
    static func run(_ arguments: [String]) -> Int32 {
        guard let subcommand = arguments.first, !(subcommand == "-h" && arguments.count == 1) else {
            Output.write(helpText)
            return 0
        }
        guard subcommands.contains(subcommand) else {
            Output.error("cl_status: ERROR: \(subcommand): invalid sub-command.")
            return 11
        }
        let status: Status
        do {
            status = try ControlClient.standard.status(timeoutMilliseconds: answerMilliseconds)
        } catch {
            return unanswered(subcommand, error)
        }
        return send(answer(subcommand, Array(arguments.dropFirst()), status))
    }

    private static let subcommands: Set<String> = [
        "hbstatus", "listnodes", "nodestatus", "nodeweight", "nodesite", "nodetype", "listhblinks",
        "hblinkstatus", "clientstatus", "rscstatus", "hbparameter",
    ]

    private static func unanswered(_ subcommand: String, _ error: any Error) -> Int32 {
        let ending = error as? Ending
        if ending?.status == .timedOut { return 12 }
        if subcommand == "hbstatus" {
            Output.write("Heartbeat is stopped on this machine.\n")
        } else {
            Output.error("cl_status: ERROR: Cannot signon with heartbeat")
            Output.error("cl_status: ERROR: REASON: \(ending?.text ?? "\(error)")")
        }
        return 1
    }

    private static func send(_ answer: HeartbeatAnswer) -> Int32 {
        Output.write(answer.output)
        if !answer.errors.isEmpty { Output.error(String(answer.errors.dropLast())) }
        return answer.exitCode
    }

    // MARK: Options, which may stand before or behind the parameters

    private struct Words {
        var flags: Set<Character> = []
        var parameterName: String?
        var parameters: [String] = []
    }

    private static func words(
        _ arguments: [String],
        allowed: Set<Character>
    ) -> Result<Words, InvalidOption> {
        var words = Words()
        var rest = arguments[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word.count > 1 else {
                words.parameters.append(word)
                continue
            }
            var letters = word.dropFirst()
            while let letter = letters.popFirst() {
                guard allowed.contains(letter) else {
                    return .failure(InvalidOption(letter: letter))
                }
                if letter == "p", allowed.contains("P") {
                    words.parameterName = letters.isEmpty ? rest.popFirst() : String(letters)
                    letters = ""
                } else {
                    words.flags.insert(letter)
                }
            }
        }
        return .success(words)
    }

    private struct InvalidOption: Error { let letter: Character }

    /// Letters each subcommand takes; `P` marks that `p` wants a value.
    private static func allowedLetters(_ subcommand: String) -> Set<Character> {
        switch subcommand {
        case "listnodes": ["m", "p", "n", "v"]
        case "hbstatus", "listhblinks": ["m", "v"]
        case "hbparameter": ["m", "p", "P"]
        default: ["m"]
        }
    }

    // MARK: Answers

    private static func answer(
        _ subcommand: String,
        _ arguments: [String],
        _ status: Status
    ) -> HeartbeatAnswer {
        let words: Words
        switch Self.words(arguments, allowed: allowedLetters(subcommand)) {
        case .success(let found): words = found
        case .failure(let error):
            let code = subcommand == "listnodes" ? "code " : ""
            return .parameterError(
                "\(subcommand): invalid option -- '\(error.letter)'\n"
                    + "cl_status: ERROR: Error: getopt returnedcharacter \(code)?."
            )
        }
        let asked = HeartbeatQuestions(status, isForPeople: words.flags.contains("m"))
        let isVerbose = words.flags.contains("v")
        switch subcommand {
        case "hbstatus": return asked.running(isVerbose: isVerbose)
        case "listnodes":
            return asked.nodes(
                wantsPing: words.flags.contains("p"),
                wantsNormal: words.flags.contains("n"),
                isVerbose: isVerbose
            )
        case "rscstatus": return asked.resourceStatus
        case "hbparameter":
            return parameter(words.parameterName, isForPeople: words.flags.contains("m"))
        default: break
        }
        let needed = subcommand == "hblinkstatus" || subcommand == "clientstatus" ? 2 : 1
        guard words.parameters.count >= needed else {
            let isOld = ["nodestatus", "nodeweight", "nodesite"].contains(subcommand)
            return .parameterError(isOld ? "Not enough parameters." : "No enough parameter.")
        }
        let node = words.parameters[0]
        switch subcommand {
        case "nodestatus": return asked.nodeStatus(node)
        case "nodeweight": return asked.nodeWeight(node)
        case "nodesite": return asked.nodeSite(node)
        case "nodetype": return asked.nodeType(node)
        case "listhblinks": return asked.links(node, isVerbose: isVerbose)
        case "hblinkstatus": return asked.linkStatus(node, words.parameters[1])
        default: return asked.clientStatus(node, words.parameters[1])
        }
    }

    /// `hbparameter`: the value as ha.cf has it; exit 1 when it is not set there.
    private static func parameter(_ name: String?, isForPeople: Bool) -> HeartbeatAnswer {
        guard let name else { return .parameterError("cl_status: ERROR: parameter name required") }
        guard let value = ParameterValue.asConfigured(name) else {
            var answer = HeartbeatAnswer.failure(
                "Cannot get parameter \(name)'s value",
                reason: "it is not set in ha.cf"
            )
            answer.exitCode = 1
            return answer
        }
        let text = isForPeople ? "Heartbeat parameter \(name)'s value: \(value)" : value
        return HeartbeatAnswer(output: text + "\n")
    }
}

extension ClusterStatusCommand {
    /// Heartbeat's own text, its spelling included: scripts have been seen to compare it.
    fileprivate static let helpText = """
        Usage: cl_status <sub-command> [<options>] [<parameters>]

        Sub-commands:
        clientstatus <node-name> <client-id> [<timeout>]
        \tShow the status of heartbeat clients.
        hblinkstatus <node-name> <link-name>
        \tShow the status of a heartbeat link
        hbstatus
        \tIndicate if heartbeat is running on the local system.
        \tOptions:
        \t\t-v\tverbose: also add "listnodes -v" output
        listnodes [<option>]
        \tList the nodes in the cluster.
        \tOptions:
        \t\t-p\tlist only 'ping' type nodes
        \t\t-n\tlist only 'normal' type nodes
        \t\t-v\tverbose: also list type and status,
        \t\t\tthen add "listhblinks -v" output
        listhblinks <node-name>
        \tList the network interfaces used as hearbeat links.
        \tOptions:
        \t\t-v\tverbose: list link status as well
        nodestatus <node-name>
        \tList the node status.
        nodeweight <node-name>
        \tList the node weight.
        nodesite <node-name>
        \tList the node site.
        nodetype <node-name>
        \tList the nodes of a given type.
        rscstatus
        \tShow the status of cluster resources.
        hbparameter -p <parameter-name>
        \tRetrieve the value of a cluster parameter.
        \tAs for the valid parameter names, please refer to the man page.

        """
}
