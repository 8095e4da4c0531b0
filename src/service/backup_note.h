/* What a restore did, as a line of text: it lies beside what is put into place, so that whoever finishes an interrupted one can say what it was. Nothing
 * outside src/service and the tests includes this. */
#ifndef YIQIAN_SERVICE_BACKUP_NOTE_H
#define YIQIAN_SERVICE_BACKUP_NOTE_H

#include "service/backup_restore.h"

enum { BACKUP_NOTE_MAX = 1024 };

/* In the arena; NULL if it is full. */
const char *backup_note_write(arena *a, const backup_restored *done);
/* Of the header only id, scope and time are known again. ERR_CORRUPT, ERR_MEMORY. */
MUST_CHECK err backup_note_read(arena *a, const char *data_dir, bytes note, backup_restored *out);

#endif
