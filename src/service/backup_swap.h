/* The end of a restore: what was put together beside the data takes its place, so that a crash at any moment leaves either the old state or the new
 * one. In the data directory: restore.new is being made (of no meaning); restore.ready is whole, and from then on it is finished and not undone. */
#ifndef YIQIAN_SERVICE_BACKUP_SWAP_H
#define YIQIAN_SERVICE_BACKUP_SWAP_H

#include "base/arena.h"

/* Below it, in "content", stands what comes into the data directory, by the same paths. In the arena; NULL if it is full. */
const char *backup_swap_new(arena *a, const char *data_dir);
const char *backup_swap_content(arena *a, const char *data_dir);

/* Everything under restore.new goes to the disk, and it becomes restore.ready: the moment from which the new state stands. aside: the name of the
 * directory, in the data directory, that takes what was there. */
MUST_CHECK err backup_swap_commit(arena *a, const char *data_dir, const char *aside);

/* Puts it into place. */
MUST_CHECK err backup_swap_finish(arena *a, const char *data_dir);

/* What a restore that was interrupted left: undone or finished. For whoever holds the data directory's lock, before he opens anything in it. */
typedef enum backup_swap_found { BACKUP_SWAP_NOTHING, BACKUP_SWAP_UNDONE, BACKUP_SWAP_FINISHED } backup_swap_found;
MUST_CHECK err backup_swap_resume(arena *a, const char *data_dir, backup_swap_found *found);

#endif
