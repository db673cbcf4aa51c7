// Declarations only: see linux_shim.c for the few real functions.
