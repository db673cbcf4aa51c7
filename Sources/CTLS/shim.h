// libssl as a system module: the TLS of http.monitor (Sources/Checks). Macros of OpenSSL that Swift
// cannot see are functions here.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline long baton_tls_set_host_name(SSL *connection, const char *name) {
    return SSL_set_tlsext_host_name(connection, name);
}

static inline long baton_tls_demand_1_2(SSL *connection) {
    return SSL_set_min_proto_version(connection, TLS1_2_VERSION);
}
