/* What a person has signed, for his phone. */
#ifndef YIQIAN_SERVICE_HISTORY_H
#define YIQIAN_SERVICE_HISTORY_H

#include "service/service.h"

enum { HISTORY_PAGE = 200 };

typedef struct history_entry {
    uint8_t task[16];
    const char *kind, *title, *description, *record_type, *reference, *system, *method;
    const char *workstation; /* name, of a signature under an authorisation; else NULL */
    bytes serial;
    int64_t signed_ms, withdrawn_ms; /* 0: not withdrawn */
} history_entry;

/* Of the calling device's person, by whichever of his keys, newest first: those older than the signature of the task `before` (NULL: from the
 * newest), at most limit (1..HISTORY_PAGE). ERR_FIELD_VALUE (before: none of his). */
MUST_CHECK err history_list(call *c, const uint8_t *before, int64_t limit, const history_entry **out, size_t *n);

#endif
