// Who reads what a service says that a start script left behind with the script's output: nobody wants
// the text, but without a reader the service would end by SIGPIPE at its next line, now or when the
// helper that started it is replaced. A process of its own reads it, ends with the service, and
// belongs to no daemon.

import Linux

/// Reads the output that outlived its operation.
enum OutputDrain {
    /// Lets a process of its own read the child's output to its end.
    ///
    /// Cost: a fork of the spawner; the process holds nothing but the pipe.
    static func take(_ child: ChildProcess) {
        // Without room for a process the service loses its reader, as it would have before.
        ignoring { () throws(SystemError) in
            switch try ThisProcess.fork() {
            case .child:
                // A grandchild, so that init reaps it.
                if case .child = try ThisProcess.fork() { drain(child) }
                ThisProcess.exit(0)
            case .parent(let id):
                try waitForEnd(of: id)
            }
        }
    }

    private static func drain(_ child: ChildProcess) {
        guard let number = child.outputNumber else { return }
        Inherited.closeAll(except: [number])
        // Nor does it hold the daemon's own output open.
        for standard in Int32(0)...2 { _ = Descriptor(adopting: standard) }
        ignoring { () throws(SystemError) in
            try ThisProcess.setName("batond-drain")
            try ProgramText.letGo()
            let poller = try Poller()
            try poller.add(number, token: 0)
            repeat { _ = try poller.wait() } while try child.readOutput() != nil
        }
    }

    /// The child that only forks ends at once.
    private static func waitForEnd(of id: ProcessID) throws(SystemError) {
        let handle = try ProcessHandle(ProcessIdentity(of: id))
        let poller = try Poller()
        try poller.add(handle.number, token: 0)
        _ = try poller.wait()
        _ = try ThisProcess.ending(ofChild: id)
    }
}
