// Where `baton` begins: the name by which it was called decides whether it is itself or one of Heartbeat's or
// GreenArrow's commands, and every way to end becomes one of the exit codes of the manual page.

import ArgumentParser
import Configuration
import Linux

@main
enum Main {
    static func main() {
        do {
            try Signal.pipe.ignore()
        } catch {
            Output.error("baton: \(error)")
        }
        let words = CommandLine.arguments
        let calledAs = words.first.map { String($0.split(separator: "/").last ?? "") } ?? ""
        let arguments = Array(words.dropFirst())
        let code: Int32 =
            switch calledAs {
            case "hb_standby", "hb_takeover":
                HeartbeatMove(calledAs: words[0], isTakeover: calledAs == "hb_takeover").run(
                    arguments
                )
            case "hvmail_make_primary", "hvmail_make_secondary":
                GreenArrowRole(calledAs: calledAs, isPrimary: calledAs == "hvmail_make_primary")
                    .run(arguments)
            case "cl_status": ClusterStatusCommand.run(arguments)
            default: run(arguments)
            }
        Baton.exit(withError: ExitCode(code))
    }

    /// Runs a command of our own.
    private static func run(_ arguments: [String]) -> Int32 {
        do {
            var command = try Baton.parseAsRoot(arguments)
            try command.run()
            return ExitStatus.done.rawValue
        } catch let ending as Ending {
            if !ending.text.isEmpty { Output.error(ending.text) }
            return ending.status.rawValue
        } catch let code as ExitCode {
            // DRBD's codes, not ours.
            return code.rawValue
        } catch {
            // Help and version are thrown too; all else from the argument parser is a wrong usage.
            let text = Baton.fullMessage(for: error)
            if Baton.exitCode(for: error) == .success {
                Output.write(text + "\n")
                return ExitStatus.done.rawValue
            }
            Output.error(unknownSubcommand(in: arguments) ?? text)
            return ExitStatus.usage.rawValue
        }
    }

    /// What to say when the first word is no subcommand: the argument parser would take it for an argument of
    /// `status`, which stands where no subcommand is given.
    private static func unknownSubcommand(in arguments: [String]) -> String? {
        var rest = arguments[...]
        while let word = rest.first, word.hasPrefix("-") {
            rest.removeFirst()
            if word == "--run" { _ = rest.popFirst() }
        }
        let known = Baton.configuration.subcommands.compactMap { $0.configuration.commandName }
        guard let word = rest.first, !known.contains(word) else { return nil }
        let near = nearestWord(to: word, among: known).map { "; did you mean '\($0)'?" } ?? ""
        return "baton: there is no subcommand '\(word)'\(near)\nType: baton help"
    }
}
