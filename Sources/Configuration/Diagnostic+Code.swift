// The kinds of diagnostics. The raw value stands in JSON output; a released one keeps its meaning.

extension Diagnostic {
    /// What kind of thing a diagnostic is about.
    public enum Code: String, Sendable, Codable, CaseIterable {
        // MARK: Any file

        /// A file that is needed is not there.
        case missingFile = "missing-file"
        /// The file is beyond the limits on bytes or lines.
        case tooLarge = "too-large"
        /// The rest of a file's diagnostics, counted.
        case tooManyDiagnostics = "too-many-diagnostics"
        /// More of a thing than is supported.
        case tooMany = "too-many"
        /// No-break spaces, read as blanks.
        case noBreakSpaces = "no-break-spaces"
        /// CR LF line ends that the old program stumbles over.
        case carriageReturns = "carriage-returns"
        /// Bytes that are not UTF-8.
        case notUTF8 = "not-utf8"
        /// A word that is in no table.
        case unknownDirective = "unknown-directive"
        /// A known directive that is not supported.
        case refusedDirective = "refused-directive"
        /// A known directive that changes nothing here.
        case withoutEffect = "without-effect"
        /// An old name of a directive.
        case oldName = "old-name"
        /// A directive that must be given.
        case missingDirective = "missing-directive"
        /// A directive without its value.
        case missingValue = "missing-value"
        /// More or fewer values than the grammar has.
        case wrongValueCount = "wrong-value-count"
        /// Several values where the last counts.
        case severalValues = "several-values"
        /// A thing given again.
        case givenTwice = "given-twice"
        /// A value of the wrong kind.
        case invalidValue = "invalid-value"
        /// A node, device, tag or type with wrong characters.
        case invalidName = "invalid-name"
        /// No IP address, or none of a host.
        case invalidAddress = "invalid-address"
        /// No time.
        case invalidTime = "invalid-time"
        /// A value outside of the directive's range.
        case outOfRange = "out-of-range"
        /// Times that contradict each other.
        case timesConflict = "times-conflict"
        /// Quotes or commas where there is no such grammar, or a quote left open.
        case quoting
        /// A comment behind a value of mon.cf.
        case trailingComment = "trailing-comment"

        // MARK: ha.cf

        /// Not two nodes.
        case wrongNodeCount = "wrong-node-count"
        /// A node that ha.cf does not name.
        case unknownNode = "unknown-node"
        /// `auto_failback` is not set.
        case failbackUnset = "failback-unset"
        /// `auto_failback legacy`.
        case failbackLegacy = "failback-legacy"
        /// `auto_failback on` with storage.
        case failbackWithStorage = "failback-with-storage"
        /// One network carries everything, and nothing else can tell.
        case oneNetwork = "one-network"
        /// `early_takeover on` with storage.
        case earlyWithStorage = "early-with-storage"
        /// `boot_policy any` with storage.
        case bootAlone = "boot-alone"
        /// A ping node that is a node or moves with a group.
        case pingOfPair = "ping-of-pair"
        /// A type with data is called stateless.
        case storageCalledStateless = "storage-called-stateless"
        /// A `timeout` for a resource that is not there.
        case unknownResource = "unknown-resource"

        // MARK: haresources

        /// The file names no group.
        case noGroups = "no-groups"
        /// A node name without resources.
        case emptyGroup = "empty-group"
        /// Two groups of one name.
        case duplicateGroup = "duplicate-group"
        /// A resource that stands twice.
        case duplicateResource = "duplicate-resource"
        /// A type that is probably mistyped.
        case nearResourceType = "near-resource-type"
        /// An argument of no characters.
        case emptyArgument = "empty-argument"
        /// No prefix length or mask.
        case invalidPrefix = "invalid-prefix"
        /// A label on an IPv6 address.
        case labelIgnored = "label-ignored"
        /// An address no other machine reaches.
        case loopbackAddress = "loopback-address"
        /// The network or broadcast address of its prefix.
        case networkAddress = "network-address"
        /// A comment after a continued line.
        case continuationComment = "continuation-comment"
        /// Blank lines within a continued line.
        case continuationGap = "continuation-gap"
        /// Blanks after the backslash.
        case blankAfterBackslash = "blank-after-backslash"
        /// A script stands before a built-in type of its name.
        case scriptBeforeBuiltIn = "script-before-built-in"
        /// The address comes up before the database.
        case addressFirst = "address-first"
        /// A mount that needs another is to be mounted at the same time.
        case mountedInside = "mounted-inside"

        // MARK: drbd.conf

        /// A brace or semicolon that is missing, or too many.
        case braces
        /// An option by which DRBD promotes, or throws data away, by itself.
        case dangerousOption = "dangerous-option"
        /// How long the boot waits for the peer.
        case bootWaits = "boot-waits"
        /// Whether DRBD asks batond before it goes on without the other node.
        case fencePeer = "fence-peer"
        /// DRBD finds the other node gone before its disk can be suspended.
        case replicationTimes = "replication-times"
        /// Replication goes where it should not.
        case replicationPath = "replication-path"

        // MARK: authkeys

        /// Others can read the keys.
        case unsafePermissions = "unsafe-permissions"
        /// `auth` stands after a key.
        case authAfterKey = "auth-after-key"
        /// No method of signing.
        case unknownMethod = "unknown-method"
        /// `auth` names a key that is not there.
        case unknownKey = "unknown-key"
        /// A method or a secret that protects little.
        case weakKey = "weak-key"

        // MARK: mon.cf

        /// m4 is not run.
        case macrosUnsupported = "macros-unsupported"
        /// A line outside of the record it belongs to.
        case misplaced
        /// Blank lines where mon ends a record in silence.
        case blankLinesInRecords = "blank-lines-in-records"
        /// No text of a period.
        case invalidPeriod = "invalid-period"
        /// A watch on a group that is not there.
        case unknownHostgroup = "unknown-hostgroup"
        /// A host group or a service that nothing checks.
        case unwatched
        /// A log of downtimes that is not written.
        case downtimeLogOff = "downtime-log-off"
        /// A host that is checked twice.
        case hostTwice = "host-twice"
        /// An alert that never asks whether the peer is fit.
        case blindAlert = "blind-alert"
        /// An alert that repeats at every failing run.
        case repeatingAlert = "repeating-alert"
        /// The death of an application is noticed late.
        case slowDetection = "slow-detection"
        /// A service whose failure only tells.
        case movesNothing = "moves-nothing"
        /// A service that depends on one that is not there.
        case unknownService = "unknown-service"
        /// Services that depend on each other.
        case dependencyCycle = "dependency-cycle"
        /// A program that is nowhere.
        case missingProgram = "missing-program"
        /// A password on a command line.
        case passwordInFile = "password-in-file"

        // MARK: The machines

        /// A unit or init script that a group runs is started at the boot.
        case startedAtBoot = "started-at-boot"
        /// What a group mounts is mounted at the boot.
        case mountedAtBoot = "mounted-at-boot"
        /// Data of a group that is not on its filesystem.
        case dataOutside = "data-outside"
        /// A user has other numbers on the other node.
        case usersDiffer = "users-differ"
        /// The kernel cannot cut connections.
        case connectionsNotCut = "connections-not-cut"
        /// The kernel cannot close addresses.
        case addressesNotClosed = "addresses-not-closed"

        // MARK: Both nodes' files

        /// A directive differs.
        case peerDiffers = "peer-differs"
        /// A group that only one node has.
        case groupMissing = "group-missing"
        /// A group that means another thing.
        case meaningDiffers = "meaning-differs"
        /// A group whose preferred node differs.
        case preferredNodeDiffers = "preferred-node-differs"
        /// Keys that differ, or are missing on one side.
        case keysDiffer = "keys-differ"
    }
}
