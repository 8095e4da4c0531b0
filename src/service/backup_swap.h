/* The end of a restore: what was put together beside the data takes its place, so that a crash at any moment leaves either the old state or the new
 * one. In the data directory: restore.new is being made (of no meaning); restore.ready is whole, and from then on it is finished and not undone. */
#ifndef YIQIAN_SERVICE_BACKUP_SWAP_H
#define YIQIAN_SERVICE_BACKUP_SWAP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* Below it, in "content", stands what comes into the data directory, by the same paths. In the arena; NULL if it is full. */
const char *backup_swap_new(arena *a, const char *data_dir);
const char *backup_swap_content(arena *a, const char *data_dir);

/* Everything under restore.new goes to the disk, and it becomes restore.ready: the moment from which the new state stands. aside: the name of the
 * directory, in the data directory, that takes what was there. After an error nothing in place has changed, and backup_swap_is_ready says which of the two
 * is there. note: what backup_swap_resume tells of it. ERR_CONFLICT: a directory that files come into is another file system (the log names it). */
MUST_CHECK err backup_swap_commit(arena *a, const char *data_dir, const char *aside, const char *note);
bool backup_swap_is_ready(arena *a, const char *data_dir);

/* Puts it into place. After an error it can be called again, and the next start does (the log names what could not be moved). */
MUST_CHECK err backup_swap_finish(arena *a, const char *data_dir);

/* What a restore that was interrupted left: undone or finished; of a finished one its note (empty: not known). For whoever holds the data directory's lock, before he opens anything in it. */
typedef enum backup_swap_found { BACKUP_SWAP_NOTHING, BACKUP_SWAP_UNDONE, BACKUP_SWAP_FINISHED } backup_swap_found;
MUST_CHECK err backup_swap_resume(arena *a, const char *data_dir, backup_swap_found *found, bytes *note);

#endif
