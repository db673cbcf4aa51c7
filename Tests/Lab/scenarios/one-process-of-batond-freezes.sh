# SIGSTOP for good of each one of batond's processes on the active node: no outage, replaced
. "$LAB_HERE/one_process.sh"
run() { strike_each STOP; }
