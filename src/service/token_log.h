/* The log of tokens: each that was issued has a row with all that its signature covers, so that it can be searched for, and written again byte
 * for byte. */
#ifndef YIQIAN_SERVICE_TOKEN_LOG_H
#define YIQIAN_SERVICE_TOKEN_LOG_H

#include "service/timestamp.h"

enum {
    TOKEN_LOG_PAGE = 1000,
    /* Tokens in a block. A search by imprint looks into each block; but the fewer pages the index of one has, the more of a commit's entries
     * share a page. */
    TOKEN_LOG_BLOCK = 2048
};

/* Slices are the call's arena's. */
typedef struct token_entry {
    timestamp issued;   /* its token: only of token_log_show */
    const char *client; /* "anonymous", "system:<id>", "server" */
    const char *origin; /* an address */
} token_entry;

/* What is searched for: all that is given. */
typedef struct token_filter {
    bool has_from, has_to;
    int64_t from_us, to_us; /* from on, and before to */
    const char *client;
    bytes serial, imprint;
    const uint8_t *unit_id;
    bytes after;   /* the serial number of the last one seen */
    int64_t limit; /* 1..TOKEN_LOG_PAGE */
} token_filter;

/* Part of service_open. */
MUST_CHECK err token_log_open(service *s);

/* The block of the next token's row. Thread-safe. */
int64_t token_log_block(service *s);

/* The newest first. ERR_FIELD_VALUE (`after` is none in the log). */
MUST_CHECK err token_log_list(call *c, const token_filter *filter, const token_entry **out, size_t *n);

/* One token, written again from its row. ERR_TIMESTAMP_NOT_FOUND. */
MUST_CHECK err token_log_show(call *c, bytes serial, token_entry *out);

#endif
