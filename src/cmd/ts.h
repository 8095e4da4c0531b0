/* What the commands of `yiqian ts` share: files of the three kinds of messages, digests of documents, the exchange with a timestamp server, and
 * what all this says in words. */
#ifndef YIQIAN_CMD_TS_H
#define YIQIAN_CMD_TS_H

#include "cmd/command.h"
#include "tsa/response.h"
#include "tsa/token_verify.h"

/* ---- src/cmd/ts_file.c ---- */

/* What a file holds, by its first two values. */
typedef enum ts_kind { TS_QUERY, TS_RESPONSE, TS_TOKEN } ts_kind;

/* A message, DER. ERR_DER (none of the three), and file_read's; each is told. */
MUST_CHECK err ts_file_read(session *s, const char *path, bytes *out, ts_kind *kind);

/* The same that must be a TimeStampReq, and what it asks for. */
MUST_CHECK err ts_file_query(session *s, const char *path, tsa_request *out);

/* Certificates or lists of files: PEM, several in one, or DER. label: PEM_CERTIFICATE, PEM_CRL. ERR_NOT_FOUND (a file without one), ERR_LIMIT; each is told. */
MUST_CHECK err ts_file_pems(session *s, const char *label, const option_list *paths, const bytes **out, size_t *n);

/* The digest of a file, however large; or the one given in hex, which must fit the hash. One of them is NULL. Errors are told. */
MUST_CHECK err ts_file_imprint(session *s, const char *path, const char *hex, tsa_hash hash, bytes *out);

/* Content octets from dotted decimal; NULL gives none. What is wrong is told. */
MUST_CHECK err ts_policy(session *s, const char *text, bytes *out);

/* ---- src/cmd/ts_query.c ---- */

/* The options of a query, for those that make one. */
typedef struct ts_query_options {
    const char *file, *hash, *imprint, *policy, *output;
    bool no_nonce, certificates;
} ts_query_options;

/* A TimeStampReq as the options say. Slices of *request and *der are of the arena. */
MUST_CHECK err ts_query_make(session *s, const ts_query_options *o, tsa_request *request, bytes *der);

/* ---- the commands: what src/cmd/ts.c's rows fill and run ---- */

typedef struct ts_reply_options {
    const char *file, *url, *output;
} ts_reply_options;

typedef struct ts_request_options {
    ts_query_options query;
    const char *url;
    option_list roots;
} ts_request_options;

typedef struct ts_show_options {
    const char *file;
} ts_show_options;

typedef struct ts_verify_options {
    const char *token, *file, *imprint, *hash, *query, *policy, *time;
    option_list roots, certificates, crls;
} ts_verify_options;

err ts_query(session *s, const void *options);
err ts_request(session *s, const void *options);
err ts_reply(session *s, const void *options);
err ts_show(session *s, const void *options);
err ts_verify(session *s, const void *options);

/* ---- src/cmd/ts_exchange.c ---- */

/* Posts the query by RFC 3161 3.4; url NULL: this server's. *response: in the session's arena, not looked at yet. ERR_TRANSPORT, ERR_REMOTE (no
 * timestamp reply); each is told. */
MUST_CHECK err ts_exchange(session *s, const char *url, bytes query, bytes *response);

/* ---- src/cmd/ts_socket.c ---- */

/* "tcp://HOST:PORT", "tls://HOST:PORT". */
bool ts_socket_is(const char *url);

/* The same over the socket transport (GM/T 0033-2014 8.3, RFC 3161 3.3); url is such a one. */
MUST_CHECK err ts_socket_exchange(session *s, const char *url, bytes query, bytes *response);

/* ---- src/cmd/ts_words.c ---- */

/* What a verification came to, and what the token says; json: of tsa_json_verification, or the server's. */
MUST_CHECK err ts_words_verification(session *s, const json_t *json);

/* What a token says alone. */
MUST_CHECK err ts_words_token(session *s, const tsa_token *t);

/* The status of a response; json likewise. */
json_t *ts_words_status_json(session *s, const tsa_response *r);
MUST_CHECK err ts_words_status(session *s, const tsa_response *r);

MUST_CHECK err ts_words_query(session *s, const tsa_request *r);

/* "granted": whether there is a token in it. */
static inline bool ts_granted(const tsa_response *r)
{
    return r->token.n > 0;
}

#endif
