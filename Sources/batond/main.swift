// The daemon: arguments in, exit code out. Everything else is the room Daemon.
