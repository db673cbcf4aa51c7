// Who calls `baton`: a person by the name of the login, or an alert of a monitor.

import Linux
import Reporting

enum Caller {
    /// The service, `HOSTGROUP/SERVICE`, whose alert this process serves; the daemon says so in its environment.
    static var monitor: String? {
        Environment.value("BATON_MONITOR").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The person: who became root by sudo, else who logged in.
    ///
    /// For people to read, not to be trusted: the door's own check is of the user's number.
    static var name: String {
        for variable in ["SUDO_USER", "DOAS_USER", "LOGNAME", "USER"] {
            guard let value = Environment.value(variable), !value.isEmpty else { continue }
            return String(printable(value).prefix(64))
        }
        if let monitor { return "the alert of \(monitor)" }
        return ThisProcess.isRoot ? "root" : "user \(ThisProcess.user)"
    }
}
