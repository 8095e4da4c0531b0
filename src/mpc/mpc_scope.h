/* The scope of an authorisation, as the exact bytes that the phone shows, the proof covers and the workstation checks
 * (docs/spec/two-party-sm2.md, Authorised signing). There is one way to write a scope, so that equal scopes are equal bytes:
 * {"v":1,"systems":["..."],"record_types":["..."],"until":<Unix seconds>,"count":<number>} without white space, members in this
 * order; in texts only " and \ are escaped, by \. */
#ifndef YIQIAN_MPC_SCOPE_H
#define YIQIAN_MPC_SCOPE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum {
    MPC_SCOPE_NAMES = 32,       /* systems, and record types, at most */
    MPC_SCOPE_NAME_MAX = 64,    /* characters of one */
    MPC_SCOPE_COUNT_MAX = 1000, /* signatures */
    MPC_SCOPE_MAX = 40 << 10    /* bytes of the longest scope and more */
};

/* No systems: any. No record types: any, also tasks that have none. */
typedef struct mpc_scope {
    const char *systems[MPC_SCOPE_NAMES], *record_types[MPC_SCOPE_NAMES];
    size_t systems_n, record_types_n;
    int64_t until; /* Unix seconds */
    int64_t count; /* signatures, 1..MPC_SCOPE_COUNT_MAX */
} mpc_scope;

/* Appends the bytes. ERR_LIMIT (too many names, count), ERR_FIELD_VALUE (a name that is empty, too long, not UTF-8, with control, invisible
 * or directional characters, or there twice; until not after 1970), ERR_LENGTH (no room). */
MUST_CHECK err mpc_scope_build(buffer *out, const mpc_scope *scope);

/* Reads exactly what mpc_scope_build writes, and nothing else; texts are the arena's. ERR_JSON, ERR_MEMORY, and its errors. */
MUST_CHECK err mpc_scope_read(arena *a, bytes scope, mpc_scope *out);

/* Whether tasks of this system are inside at all, and one of this record type. */
bool mpc_scope_covers_system(const mpc_scope *scope, const char *system);
bool mpc_scope_covers(const mpc_scope *scope, const char *system, const char *record_type);

#endif
