# kill -9 of each one of batond's processes on the active node: no outage, no double, replaced
. "$LAB_HERE/one_process.sh"
run() { strike_each KILL; }
