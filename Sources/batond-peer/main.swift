// The program that speaks TLS for batond, which starts it when it is needed. See the room PeerChannel.

import Glibc
import PeerChannel

exit(PeerProgram.run(CommandLine.arguments))
