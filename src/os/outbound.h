/* Many POSTs at once to hosts that others named, over libcurl's multi interface in the caller's one thread: nobody waits for
 * anybody's answer. No redirects, no proxy, http and https only, certificates verified, every address looked at after the name was
 * resolved and before the connection is made; what an answer's body says is dropped. */
#ifndef YIQIAN_OS_OUTBOUND_H
#define YIQIAN_OS_OUTBOUND_H

#include "base/bytes.h"
#include "os/address.h"

typedef struct outbound outbound;

typedef struct outbound_options {
    const char *ca_file;        /* PEM of the trusted roots instead of the system's; NULL for those. Borrowed. */
    const address_ranges *deny; /* no connection to these; NULL for none. Borrowed. */
    bool plain_http;            /* http:// to any address, not to private ones only */
    uint32_t connect_ms, timeout_ms;
} outbound_options;

/* ERR_MEMORY. Used by one thread, but for outbound_wake. Ownership: outbound_destroy, which breaks off what is under way; NULL is fine. */
MUST_CHECK err outbound_create(outbound **out, const outbound_options *options);
void outbound_destroy(outbound *o);

/* Begins a POST; url, headers ("Name: value") and body are copied. ERR_ARG (URL, header), ERR_MEMORY. */
MUST_CHECK err outbound_post(outbound *o, const char *url, const char *const *headers, size_t headers_n, bytes body,
                             void *tag);

enum { OUTBOUND_MESSAGE = 256 };

typedef struct outbound_result {
    void *tag;
    int status; /* 0: there was no answer */
    int64_t took_ms;
    char message[OUTBOUND_MESSAGE]; /* in words, why there was none; "" if there was */
} outbound_result;

/* Goes on with all for at most `ms`, or until one is finished; then gives one finished after the other: call until false. */
void outbound_run(outbound *o, int ms);
bool outbound_take(outbound *o, outbound_result *out);

/* Ends an outbound_run now; from any thread. */
void outbound_wake(outbound *o);

#endif
