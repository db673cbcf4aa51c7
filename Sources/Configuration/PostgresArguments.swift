// What the files have to know of a `postgres` resource: whether each node has a copy of its own that follows the other's,
// and how much of it may be lost. All else is its program's.

/// `mode` and `maxlag` of `postgres::DATADIR::KEY=VALUE…`.
struct PostgresArguments {
    /// A mistake in them.
    struct Mistake: Error {
        /// What is wrong.
        var text: String
    }

    /// How many bytes of its log a standby may lack where it is taken from a dead node; nil without `mode=replica`.
    let lagLimit: UInt64?

    /// `maxlag` where nothing is said: one segment of PostgreSQL's log.
    static let lagStandard: UInt64 = 16 << 20
    /// More is no limit.
    private static let lagMaximum: UInt64 = 1 << 50

    /// Reads the words behind the type.
    init(_ arguments: [String]) throws(Mistake) {
        func value(_ key: String) -> Substring? {
            arguments.dropFirst().first { $0.hasPrefix(key + "=") }?.dropFirst(key.count + 1)
        }
        let mode = value("mode") ?? "shared"
        guard ["shared", "replica"].contains(mode) else {
            throw Mistake(text: "mode=\(mode) is neither shared nor replica")
        }
        guard mode == "replica" else {
            if let key = ["maxlag", "sync", "alone", "rewinduser"].first(where: { value($0) != nil }
            ) {
                throw Mistake(text: "\(key)= is for mode=replica alone")
            }
            lagLimit = nil
            return
        }
        guard let text = value("maxlag") else {
            lagLimit = PostgresArguments.lagStandard
            return
        }
        guard let count = PostgresArguments.byteCount(text) else {
            throw Mistake(text: "maxlag=\(text) is no number of bytes; write 16MB")
        }
        lagLimit = count
    }

    /// `16MB`, as PostgreSQL writes it: B, kB, MB, GB or TB, or none for bytes.
    private static func byteCount(_ text: Substring) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let shifts: [Substring: UInt64] = [
            "": 0, "B": 0, "kB": 10, "KB": 10, "MB": 20, "GB": 30, "TB": 40,
        ]
        guard let number = UInt64(digits), let shift = shifts[text.dropFirst(digits.count)],
            number <= lagMaximum >> shift
        else { return nil }
        return number << shift
    }
}
