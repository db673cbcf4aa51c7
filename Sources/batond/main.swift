// The daemon: arguments in, exit code out. Everything else is the room Daemon.

import Daemon
import Glibc

exit(BatonDaemon.run(CommandLine.arguments))
