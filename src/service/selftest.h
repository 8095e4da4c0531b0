/* Self-tests: at the start, before anything is signed, and once a day. Known answers of every algorithm, the health of the seed
 * source, the generator, and that each key of the CA verifies what it signs. Where one fails the server makes nothing with a key
 * any more until it is started again; what only reads or verifies goes on. */
#ifndef YIQIAN_SERVICE_SELFTEST_H
#define YIQIAN_SERVICE_SELFTEST_H

#include "crypto/known_answer.h"
#include "crypto/signer.h"
#include "service/service.h"

enum { SELFTEST_MAX = 20, SELFTEST_NAMES = 200 };

typedef struct selftest_result {
    const char *name;
    bool passed;
} selftest_result;

typedef struct selftest_report {
    int64_t at_ms;
    uint64_t duration_ns;
    bool passed; /* all of them */
    size_t n;
    selftest_result results[SELFTEST_MAX];
} selftest_report;

/* What is tested besides known answers. */
typedef struct selftest_live {
    const entropy *seed, *rng;
    signer *keys[2]; /* of the CA; NULL: not there yet */
} selftest_live;

/* The known answers of all modules. */
size_t selftest_rows(known_answer rows[SELFTEST_MAX]);

/* Runs n known answers, then what is live. */
void selftest_perform(selftest_report *out, const known_answer *rows, size_t n, const selftest_live *live);

/* The names of those that failed, "sm3, entropy"; "" for none. */
void selftest_failures(const selftest_report *report, char out[SELFTEST_NAMES]);

/* The newest report of the service. */
void selftest_read(service *s, selftest_report *out);

/* Before a key or a secret is used or made: ERR_SELF_TEST, with the tests that failed in the call's fault. */
MUST_CHECK err selftest_require(call *c);

#endif
