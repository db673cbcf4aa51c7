// libpq as a system module: the connections of Sources/Checks and nothing else.
#include <libpq-fe.h>
