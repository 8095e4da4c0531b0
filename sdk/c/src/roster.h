/* The keys of this device in its storage: one record a key, and an index that names them and remembers the server. The
 * index is written before a new key's record and after the record of a removed key is gone, so a crash leaves at most a
 * name without a record, which is dropped when the storage is opened next. */
#ifndef YIQIAN_SDK_ROSTER_H
#define YIQIAN_SDK_ROSTER_H

#include "context.h"

/* YQ_STORAGE_FAILED, YQ_OUT_OF_MEMORY. */
YQ_MUST_CHECK yq_status roster_load(yq_device *device);

/* Wipes and frees the keys in memory. */
void roster_free(yq_device *device);

/* The key of that name (its own id or the server's key_id, as UUID text); NULL where there is none. */
context_key *roster_find(yq_device *device, const char *name);

/* A new key, in stage STORED_OPENING, with an id of its own; in the index, its record not yet written.
 * YQ_LIMIT_REACHED, YQ_ENTROPY_FAILED, YQ_STORAGE_FAILED, YQ_OUT_OF_MEMORY. */
YQ_MUST_CHECK yq_status roster_add(yq_device *device, context_key **out);

/* Writes `changed` as the key's record and, when it is durable, makes it the key; of a grant only in memory. YQ_STORAGE_FAILED: nothing has
 * changed. */
YQ_MUST_CHECK yq_status roster_save(yq_device *device, context_key *key, const stored_key *changed);

/* Removes record, credential, fingerprint and name; *key is freed. After a failure the same call again finishes it. */
YQ_MUST_CHECK yq_status roster_remove(yq_device *device, context_key *key);

/* The same where it is only tidying up and the caller reports something else. */
void roster_discard(yq_device *device, context_key *key);

/* The name of a key's credential, and of what the platform keeps for the person's finger. */
void roster_credential_name(char out[YQ_NAME_MAX + 1], const stored_key *key);
void roster_fingerprint_name(char out[YQ_NAME_MAX + 1], const stored_key *key);

/* The url without its trailing slash: https, or http to this machine. YQ_INVALID_ARGUMENT, YQ_TRANSPORT_INSECURE. */
YQ_MUST_CHECK yq_status roster_check_server(char out[CONTEXT_URL], const char *url);

#endif
