/* The fictional signers of a sandbox: each a phone of its own, each behaves as its staff number says (docs/integration/sandbox.md). */
#ifndef YIQIAN_CMD_SANDBOX_SIGNER_H
#define YIQIAN_CMD_SANDBOX_SIGNER_H

#include <pthread.h>

#include "cmd/language.h"
#include "cmd/phone.h"

typedef enum sandbox_behaviour {
    SANDBOX_SIGNS,
    SANDBOX_SIGNS_LATER, /* after SANDBOX_LATER_MS */
    SANDBOX_DECLINES,
    SANDBOX_SILENT, /* has a phone, and never looks at it */
    SANDBOX_REVOKED /* likewise, and its certificate is revoked */
} sandbox_behaviour;

enum { SANDBOX_LATER_MS = 5000, SANDBOX_SEEN = 1000 };
#define SANDBOX_PIN "824615"

typedef struct sandbox_row {
    const char *staff_no, *name;
    sandbox_behaviour behaviour;
    phrase what;
} sandbox_row;

typedef struct sandbox_signer {
    const sandbox_row *row;
    phone *phone;
    yq_device *device;
    char key[37];
    bool json; /* tells lines of JSON */
    pthread_rwlock_t
        *acting; /* held for reading while it signs or declines: who ends the process takes it for writing */
    pthread_t thread;
    /* Of the one that signs later: what it has seen, and when it will sign it. */
    struct sandbox_seen {
        char id[37];
        bool here;
        int64_t due_ms;
    } seen[SANDBOX_SEEN];
    size_t seen_n;
} sandbox_signer;

/* A thread's body: waits and acts until the key can sign no more. */
void *sandbox_signer_run(void *signer);

#endif
