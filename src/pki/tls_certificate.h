/* TLS certificates of a root of the hospital's own, for servers that no public CA certifies: P-256 with SHA-256, what every phone and browser
 * knows. By OpenSSL. docs/operations/tls.md says how phones come to trust the root. */
#ifndef YIQIAN_PKI_TLS_CERTIFICATE_H
#define YIQIAN_PKI_TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum {
    TLS_NAMES_MAX = 8,
    TLS_KEY_PEM = 512, /* room for a private key as PEM, with a terminator */
    TLS_ROOT_DAYS = 3650,
    TLS_SERVER_DAYS_MAX = 397, /* with the hour before: 398 days is what Apple's rules allow a server's certificate */
    TLS_FINGERPRINT = 96       /* room for "AB:CD:..." of SHA-256 */
};

/* What a server is reached by. */
typedef struct tls_names {
    const char *names[TLS_NAMES_MAX]; /* "sign.hospital.example": letters, digits and hyphens, in lower case */
    size_t names_n;
    const char *addresses[TLS_NAMES_MAX]; /* IPv4 or IPv6 */
    size_t addresses_n;
} tls_names;

/* ERR_ARG: *wrong is neither a DNS name (RFC 1123; no wildcard) nor, among the addresses, an address; or NULL: no name, or too many. A name is
 * needed: WebAuthn has no relying parties that are addresses. */
MUST_CHECK err tls_names_check(const tls_names *names, const char **wrong);

/* Whether the text is an address: to tell a person that she took the wrong option. */
bool tls_is_address(const char *text);

/* A private key (PKCS#8), PEM. ERR_ENTROPY. The caller wipes it. */
MUST_CHECK err tls_make_key(char out[TLS_KEY_PEM]);

/* A self-signed root that can vouch for these names, what is below them and these addresses, and for nothing else (RFC 5280 4.2.1.10), from an hour
 * before now (s since 1970) for TLS_ROOT_DAYS. PEM. ERR_ARG (names; the key), ERR_MEMORY. */
MUST_CHECK err tls_make_root(arena *a, const char *key_pem, const tls_names *names, int64_t now, char **pem);

typedef struct tls_root {
    const char *key_pem;
    bytes certificate_pem;
} tls_root;

/* A server's certificate by the root, for `days` or, where that is earlier, until the root ends; for the names, or, where names is NULL, for those of
 * the certificate before it. ERR_ARG (names, days, keys, before), ERR_CHAIN: the root does not vouch for it (it is over, another key's, or made
 * for other names), ERR_MEMORY. */
MUST_CHECK err tls_make_server(arena *a, const tls_root *root, const char *key_pem, const tls_names *names,
                               bytes before_pem, int days, int64_t now, char **pem);

typedef struct tls_facts {
    char fingerprint[TLS_FINGERPRINT];
    int64_t not_after;        /* s since 1970 */
    const char *const *names; /* and addresses, of a server's; NULL after the last; the arena's */
} tls_facts;

/* What a certificate says. ERR_DER, ERR_MEMORY. */
MUST_CHECK err tls_read(arena *a, bytes pem, tls_facts *out);

#endif
