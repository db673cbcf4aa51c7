// `keygen`: a new authkeys file with one random key for HMAC-SHA256.

import ArgumentParser
import Configuration
import Linux

struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Write authkeys with a new random key, by which the two nodes know each other.",
        discussion: "Both nodes need the same file: make it on one and copy it to the other."
    )

    @OptionGroup var place: ConfigurationOptions

    @Flag(name: .customLong("force"), help: "Replace a file that is there already.")
    var force = false

    @OptionGroup var global: GlobalOptions

    /// Bytes of randomness in a key; HMAC-SHA256 gains nothing from more.
    static let secretSize = 32

    func run() throws {
        let directory = place.directory
        let path = directory + "/authkeys"
        guard Files.isDirectory(directory) else {
            throw Ending(
                .usage,
                "baton: there is no directory \(directory); type: mkdir -p \(directory)"
            )
        }
        if Files.exists(path), !force {
            throw Ending(
                .refused,
                """
                baton: \(path) is there already; the nodes would no longer know each other.
                To replace it, type: baton keygen --config \(directory) --force
                and copy it to the other node before either daemon is reloaded.
                """
            )
        }
        do {
            let secret = try Machine.randomBytes(Self.secretSize)
            let text = AuthenticationKeys.newFile(secret: secret)
            try Files.replaceDurably(path, with: Array(text.utf8), mode: 0o600)
        } catch {
            throw Ending(.failed, "baton: \(error)")
        }
        if global.json {
            Output.write(try JSONText.of(["written": path]) + "\n")
            return
        }
        Output.write(
            """
            \(path) has a new key (sha256); only root can read it.
            Copy it to the other node, keeping its mode: scp -p \(path) NODE:\(path)

            """
        )
    }
}

/// Where the configuration is.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "The configuration directory.",
            discussion: "Else /etc/baton; else, where only that has an ha.cf, /etc/ha.d.",
            valueName: "dir"
        ),
        completion: .directory
    )
    var config: String?

    /// The directory that counts, without a slash at its end.
    var directory: String {
        guard var given = config else { return Self.standardDirectory }
        while given.count > 1, given.hasSuffix("/") { given.removeLast() }
        return given
    }

    /// Where the daemon looks too when nothing else is said (design section 2).
    static var standardDirectory: String {
        let isOldOnly = !Files.exists("/etc/baton/ha.cf") && Files.exists("/etc/ha.d/ha.cf")
        return isOldOnly ? "/etc/ha.d" : "/etc/baton"
    }
}
