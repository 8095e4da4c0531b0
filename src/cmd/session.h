/* One run of the command line: its memory, its options, its connection, and how it tells what went wrong. */
#ifndef YIQIAN_CMD_SESSION_H
#define YIQIAN_CMD_SESSION_H

#include <jansson.h>

#include "base/arena.h"
#include "cmd/connection.h"

struct client;

/* What the process ends with. */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,     /* refused by the server, not valid, or a file in the way */
    EXIT_USAGE = 2,      /* the command line itself is wrong */
    EXIT_UNREACHABLE = 3 /* no server answered */
};

typedef struct session {
    arena *arena;
    common_options common;
    caller caller;
    bool told;     /* the error under way was told already */
    int exit_code; /* of a command that went well, where it has more to say than that */

    /* Of remote.c: opened with the first request. */
    struct client *client;
    arena *exchange; /* the request under way and its answer's bytes */
    connection connection;
    json_t *answers; /* keeps every answer until the end */
    err (*sink)(void *context, const void *p,
                size_t n); /* takes the next answer's body (os/client.h); NULL: it is held */
    void *sink_context;
} session;

/* ERR_MEMORY. Ownership: session_close; it takes a session that was not opened too, if zeroed. */
MUST_CHECK err session_open(session *s);
void session_close(session *s);

/* Tells on standard error: "yiqian: what: subject" and, if it says anything, the hint; subject may be NULL. Returns e. */
err session_fail(session *s, err e, phrase what, const char *subject, phrase hint);

/* The same for a command line that is wrong: returns ERR_ARG. */
err session_usage(session *s, phrase what, const char *subject);

/* A file that could not be read or written: says why. */
err session_file_failed(session *s, err e, const char *path);

/* The same of one that holds a secret (file_read_secret): where others may read it, what to do about that. */
err session_secret_failed(session *s, err e, const char *path);

/* What the process ends with for e, which is told if nobody has. */
int session_exit_code(session *s, err e);

/* Standard output could be written to the end. ERR_IO, told. */
MUST_CHECK err session_flush(session *s);

#endif
