/* The group-commit writer: one thread with the only connection that writes. Units that wait while it syncs one group to the
 * disk are the next group; in a crowd it waits a moment for as many as before (docs/adr/0007). */
#ifndef YIQIAN_STORE_STORE_WRITER_H
#define YIQIAN_STORE_STORE_WRITER_H

#include "store/engine.h"

/* Takes the connection over (also where it fails). group_max in 1..4096. Ownership: store_writer_destroy, which first runs
 * what is queued; NULL is fine there. ERR_ARG, ERR_MEMORY. */
MUST_CHECK err store_writer_create(store_writer **out, engine *c, unsigned group_max);
void store_writer_destroy(store_writer *w);

/* As their namesakes in store.h. */
MUST_CHECK err store_writer_commit(store_writer *w, const store_unit *u);
void store_writer_commit_later(store_writer *w, const store_unit *u, store_done done, void *ctx);
void store_writer_set_hooks(store_writer *w, const store_group_hooks *hooks);
void store_writer_read_figures(store_writer *w, store_figures *out);

#endif
