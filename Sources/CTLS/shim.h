// libssl as a system module (Sources/TLS). Macros of OpenSSL that Swift cannot see are functions here, and so
// is what libssl calls back: the pre-shared keys of TLS 1.3.
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

static inline long baton_tls_set_host_name(SSL *connection, const char *name) {
    return SSL_set_tlsext_host_name(connection, name);
}

static inline long baton_tls_demand_1_2(SSL *connection) {
    return SSL_set_min_proto_version(connection, TLS1_2_VERSION);
}

// What every session of ours wants: a write may be tried again from another place in memory, and an idle
// session keeps no buffers.
static inline void baton_tls_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
}

// -- pre-shared keys (RFC 8446, 4.2.11) --------------------------------------------------------------

enum { baton_psk_count_maximum = 16, baton_psk_name_maximum = 8, baton_psk_length = 32 };

// The keys of one context, each with its identity.
typedef struct baton_psk_ring {
    int count;
    struct {
        size_t name_count;
        unsigned char name[baton_psk_name_maximum];
        unsigned char key[baton_psk_length];
    } keys[baton_psk_count_maximum];
} baton_psk_ring;

static inline baton_psk_ring *baton_psk_ring_make(void) {
    return (baton_psk_ring *)OPENSSL_zalloc(sizeof(baton_psk_ring));
}

// Wipes the keys.
static inline void baton_psk_ring_free(baton_psk_ring *ring) {
    OPENSSL_clear_free(ring, sizeof *ring);
}

// 1 when there was room; key has baton_psk_length bytes.
static inline int baton_psk_ring_add(baton_psk_ring *ring, const unsigned char *name,
                                     size_t name_count, const unsigned char *key) {
    if (ring->count >= baton_psk_count_maximum || name_count > baton_psk_name_maximum) return 0;
    ring->keys[ring->count].name_count = name_count;
    memcpy(ring->keys[ring->count].name, name, name_count);
    memcpy(ring->keys[ring->count].key, key, baton_psk_length);
    ring->count++;
    return 1;
}

// A key as the session that libssl wants it to be, of a cipher suite with SHA-256; NULL without memory.
static inline SSL_SESSION *baton_psk_session(SSL *connection, const unsigned char *key) {
    static const unsigned char aes_128_gcm_sha256[2] = {0x13, 0x01};
    const SSL_CIPHER *cipher = SSL_CIPHER_find(connection, aes_128_gcm_sha256);
    SSL_SESSION *session = SSL_SESSION_new();
    if (cipher != NULL && session != NULL &&
        SSL_SESSION_set1_master_key(session, key, baton_psk_length) == 1 &&
        SSL_SESSION_set_cipher(session, cipher) == 1 &&
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1)
        return session;
    SSL_SESSION_free(session);
    return NULL;
}

// The client offers its first key, where the hash is the key's.
static inline int baton_psk_use(SSL *connection, const EVP_MD *digest, const unsigned char **name,
                                size_t *name_count, SSL_SESSION **session) {
    const baton_psk_ring *ring =
        (const baton_psk_ring *)SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection));
    *session = NULL;
    if (ring == NULL || ring->count < 1) return 0;
    if (digest != NULL && !EVP_MD_is_a(digest, "SHA256")) return 1;
    *session = baton_psk_session(connection, ring->keys[0].key);
    *name = ring->keys[0].name;
    *name_count = ring->keys[0].name_count;
    return *session != NULL;
}

// The server looks for the key that the client names; without one the handshake fails, for there is no
// certificate.
static inline int baton_psk_find(SSL *connection, const unsigned char *name, size_t name_count,
                                 SSL_SESSION **session) {
    const baton_psk_ring *ring =
        (const baton_psk_ring *)SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection));
    *session = NULL;
    for (int index = 0; ring != NULL && index < ring->count; index++) {
        if (ring->keys[index].name_count != name_count ||
            memcmp(ring->keys[index].name, name, name_count) != 0)
            continue;
        *session = baton_psk_session(connection, ring->keys[index].key);
        return *session != NULL;
    }
    return 1;
}

// Makes a context one of TLS 1.3 by these keys alone: nothing older, no certificate, no ticket, no session that
// could be taken up again, no early data. The ring must outlive the context.
static inline int baton_tls_demand_psk(SSL_CTX *context, baton_psk_ring *ring) {
    SSL_CTX_set_psk_use_session_callback(context, baton_psk_use);
    SSL_CTX_set_psk_find_session_callback(context, baton_psk_find);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_app_data(context, ring) == 1 &&
           SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256") ==
               1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1;
}
