/* Which server is asked, over what, and as whom. */
#ifndef YIQIAN_CMD_CONNECTION_H
#define YIQIAN_CMD_CONNECTION_H

#include "cmd/credential.h"
#include "cmd/options.h"

struct session;

/* The options that every command takes. */
typedef struct common_options {
    const char *data_dir, *server, *token, *credential, *ca_file;
    bool json, help;
} common_options;

extern const option_row common_rows[];
extern const size_t common_rows_n;

/* As whom a command asks, where the options leave it open. */
typedef enum caller {
    CALLER_NOBODY,   /* what anyone may ask */
    CALLER_OPERATOR, /* the Unix socket, or an operator's token */
    CALLER_ISSUER,   /* as an operator, and --server alone is what a credential file will name */
    CALLER_SYSTEM,   /* a business system's credential, or nothing */
    CALLER_EITHER    /* a business system's credential if there is one, else as an operator */
} caller;

typedef struct connection {
    const char *server;    /* "http://127.0.0.1:8970", without a trailing slash */
    const char *unix_path; /* connects here instead; NULL for TCP */
    const char *bearer;    /* NULL for none */
    bool has_credential;
    credential credential;
} connection;

/* Takes options first, then environment, then defaults. ERR_ARG (options that do not go together, or lack something), ERR_IO (a file
 * that cannot be read), ERR_FORBIDDEN (one that others may read, or a secret that would travel in clear); each is told. */
MUST_CHECK err connection_choose(struct session *s, caller who, connection *out);

/* --data-dir, $YIQIAN_DATA_DIR, systemd's $STATE_DIRECTORY or ./yiqian-data. */
const char *connection_data_dir(const common_options *options);

/* The server's URL for a credential file: --server, $YIQIAN_SERVER or the default. */
const char *connection_server(const common_options *options);

#endif
