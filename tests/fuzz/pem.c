/* PEM: what is read out of any text is written, and read again, as the same bytes. The first byte chooses the label. */
#include "fuzz.h"
#include "pki/pem.h"

enum { ROOM = 4 << 20, INPUT_MAX = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char *const labels[] = {PEM_CERTIFICATE, PEM_CSR, PEM_CRL};
    if (n == 0 || n > INPUT_MAX)
        return 0;
    const char *label = labels[*p % 3];
    bytes text = bytes_of(p + 1, n - 1), der, again, rest;
    arena *a = arena_create(ROOM);
    CHECK(a);
    for (int blocks = 0; blocks < 8 && pem_decode(a, label, text, &der, &rest) == ERR_OK; blocks++) {
        CHECK(rest.n < text.n && rest.p + rest.n == text.p + text.n);
        const char *written = pem_encode(a, label, der);
        CHECK(written && pem_decode(a, label, bytes_of_text(written), &again, NULL) == ERR_OK);
        CHECK(bytes_equal(der, again));
        text = rest;
    }
    arena_destroy(a);
    return 0;
}
