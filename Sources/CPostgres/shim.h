// libpq as a system module: one connection of postgres.monitor (Sources/Checks) and nothing else.
#include <libpq-fe.h>
