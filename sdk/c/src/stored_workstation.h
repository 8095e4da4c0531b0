/* What a workstation keeps of itself in the storage: one record, "workstation", with the installation's private key. Nothing of an
 * authorisation is ever in it. */
#ifndef YIQIAN_SDK_STORED_WORKSTATION_H
#define YIQIAN_SDK_STORED_WORKSTATION_H

#include "stored_key.h"

typedef struct stored_workstation {
    bool registered; /* else the code may have been sent with this key */
    char server[256], name[STORED_TEXT], place[STORED_TEXT];
    uint8_t d[32]; /* the installation's key */
    uint8_t id[16];
    size_t certificate_n[STORED_CERTIFICATES]; /* own, issuing CA, root */
    uint8_t certificate[STORED_CERTIFICATES][STORED_CERTIFICATE_MAX];
} stored_workstation;

/* YQ_NOT_FOUND, YQ_STORAGE_FAILED (also: damaged), YQ_OUT_OF_MEMORY. */
YQ_MUST_CHECK yq_status stored_workstation_load(const yq_storage *storage, stored_workstation *out);
YQ_MUST_CHECK yq_status stored_workstation_save(const yq_storage *storage, const stored_workstation *workstation);
YQ_MUST_CHECK yq_status stored_workstation_erase(const yq_storage *storage);

#endif
