/* The known answers on every back end of this build, for a processor of 32 bits: a program of its own, for the libraries that the
 * other tests need are not there for it. */
#include <stdio.h>

#include "crypto/backend.h"
#include "mpc/mpc_known_answer.h"

static int failures(const char *name, const known_answer *rows, size_t n)
{
    int failed = 0;
    for (size_t i = 0; i < n; i++) {
        if (known_answer_holds(&rows[i]))
            continue;
        printf("%s: %s does not hold\n", name, rows[i].name);
        failed++;
    }
    return failed;
}

int main(void)
{
    const char *name;
    int failed = 0;
    printf("%zu bits, in use by itself: %s\n", 8 * sizeof(void *), backend_current());
    for (size_t i = 0; (name = backend_name(i)); i++) {
        if (backend_force(name) != ERR_OK)
            return 1;
        failed += failures(name, known_answer_crypto, known_answer_crypto_n);
        failed += failures(name, &mpc_known_answer_server, 1);
    }
    return failed;
}
