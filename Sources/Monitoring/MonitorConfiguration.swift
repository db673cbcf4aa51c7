// mon.cf as values: globals, groups of hosts, watches. Services are in `MonitoredService`, periods in
// `AlertPeriod`; when a service is due is `MonitorMachine`'s, and reading the file `Configuration`'s.

/// Everything mon.cf says.
public struct MonitorConfiguration: Equatable, Sendable {
    /// A `NAME = VALUE` line.
    public struct Global: Equatable, Sendable {
        /// The name, known from the directive table.
        public var name: String
        /// The value, blanks trimmed.
        public var value: String

        /// Makes a line of its parts.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A tag with the words that follow it: `hostgroup` (hosts) or `view` (groups).
    public struct TaggedList: Equatable, Sendable {
        /// The tag.
        public var tag: String
        /// Hosts or groups, in order.
        public var members: [String]

        /// Makes a list of its parts.
        public init(tag: String, members: [String]) {
            self.tag = tag
            self.members = members
        }
    }

    /// A `watch` record.
    public struct Watch: Equatable, Sendable {
        /// The host group it watches; a group of its own name where there is none.
        public var group: String
        /// The services in order, each name once.
        public var services: [MonitoredService]

        /// Makes a watch of its parts.
        public init(group: String, services: [MonitoredService]) {
            self.group = group
            self.services = services
        }
    }

    /// Globals in the order of the file; the last of a name counts.
    public var globals: [Global] = []
    /// What the globals mean to the schedule.
    public var settings = MonitorSettings()
    /// Host groups in order; includes those made for a `watch` on an unknown group.
    public var hostgroups: [TaggedList] = []
    /// Views in order.
    ///
    /// Without effect here; kept so that a converter loses nothing.
    public var views: [TaggedList] = []
    /// Watches in order.
    public var watches: [Watch] = []

    /// No groups and no watches.
    public init() {}

    /// The value of a global, the last one given.
    public func global(_ name: String) -> String? {
        globals.last { $0.name == name }?.value
    }
}
