// What OCF agents advise in their meta-data, as text that lies beside the configuration files: how long their actions
// may take. Who asks the agents is the caller's; the meta-data may be anything.

internal import Failover

/// The advice of agents about their time limits.
public enum OCFMetaData {
    /// The types of agents that a haresources names, each once.
    public static func types(in haresources: ConfigurationFile) -> [String] {
        var types: [String] = []
        for resource in HaresourcesParser.resources(in: haresources)
        where OCFAgent(type: resource.type) != nil && !types.contains(resource.type) {
            types.append(resource.type)
        }
        return types
    }

    /// The lines `TYPE ACTION MILLISECONDS` that an agent's meta-data comes to.
    public static func advice(type: String, metaData: String) -> String {
        var lines = ""
        for (action, limit) in limits(metaData) {
            lines += "\(type) \(action.rawValue) \(limit)\n"
        }
        return lines
    }

    /// By type and action.
    static func limits(in file: ConfigurationFile?) -> [String: [OperationAction: Duration]] {
        var limits: [String: [OperationAction: Duration]] = [:]
        for line in (file?.bytes ?? []).split(separator: UInt8(ascii: "\n")) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
            guard words.count == 3, let action = OperationAction(rawValue: words[1]),
                let limit = Int64(words[2])
            else { continue }
            limits[words[0], default: [:]][action] = .milliseconds(limit)
        }
        return limits
    }

    /// Longer ones are a mistake, or as good as for ever.
    private static let limitMaximum: Int64 = 24 * 3600 * 1000

    /// `<action name="start" timeout="60s" />`: milliseconds of start, stop and monitor, the longest of several.
    private static func limits(_ metaData: String) -> [(OperationAction, Int64)] {
        let names: [(String, OperationAction)] = [
            ("start", .start), ("stop", .stop), ("monitor", .status),
        ]
        var found: [String: Int64] = [:]
        for element in metaData.split(separator: "<") where element.hasPrefix("action") {
            let text = element.prefix { $0 != ">" }
            guard let name = attribute("name", of: text),
                let limit = attribute("timeout", of: text).flatMap(milliseconds)
            else { continue }
            found[name] = max(found[name] ?? 0, limit)
        }
        return names.compactMap { name, action in found[name].map { (action, $0) } }
    }

    /// The value of ` NAME="VALUE"`.
    private static func attribute(_ name: String, of element: Substring) -> String? {
        let parts = element.split(omittingEmptySubsequences: false) { $0 == "\"" || $0 == "'" }
        for index in parts.indices.dropLast() where index.isMultiple(of: 2) {
            let words = parts[index].split { $0 == "=" || $0.isWhitespace }
            if words.last.map(String.init) == name { return String(parts[index + 1]) }
        }
        return nil
    }

    /// Pacemaker's words for a time: a number of seconds, or with `ms s sec m min h`.
    private static func milliseconds(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number > 0, number <= limitMaximum else { return nil }
        let factor: Int64
        switch text.dropFirst(digits.count) {
        case "ms", "msec": factor = 1
        case "", "s", "sec": factor = 1000
        case "m", "min": factor = 60_000
        case "h", "hr": factor = 3_600_000
        default: return nil
        }
        return min(number * factor, limitMaximum)
    }
}
