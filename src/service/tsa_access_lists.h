/* The rows of the access lists as they are looked up: a value that does not change once it is made. */
#ifndef YIQIAN_SERVICE_TSA_ACCESS_LISTS_H
#define YIQIAN_SERVICE_TSA_ACCESS_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/address.h"

typedef struct tsa_access_entry {
    uint8_t id[16];
    bool deny, of_system;
    address_network network; /* its base without bits beyond the prefix */
    uint8_t system_id[16];
    int64_t per_minute; /* as tsa_access_row has it */
} tsa_access_entry;

typedef struct tsa_access_lists tsa_access_lists;

/* Copies the entries. NULL: memory is out. Ownership: tsa_access_lists_destroy; NULL is fine. */
tsa_access_lists *tsa_access_lists_create(const tsa_access_entry *entries, size_t n);
void tsa_access_lists_destroy(tsa_access_lists *lists);

/* The row that decides about a client; NULL: none has it. One that denies, whichever it is, before any that allows; of those, the one of
 * the system (which may be NULL), then that of the smallest network. *admitted says what becomes of the client. */
const tsa_access_entry *tsa_access_lists_find(const tsa_access_lists *lists, const address *from,
                                              const uint8_t *system_id, bool *admitted);

#endif
