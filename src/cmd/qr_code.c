#include "cmd/qr_code.h"

#include <errno.h>
#include <qrencode.h>

/* libqrencode's bit of a dark module. */
enum { DARK = 1 };

err qr_code_make(arena *a, const char *text, qr_code *out)
{
    if (!*text)
        return ERR_LENGTH;
    QRcode *made = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!made)
        return errno == ERANGE ? ERR_LENGTH : ERR_MEMORY;
    const size_t n = (size_t)made->width * (size_t)made->width;
    uint8_t *modules = arena_alloc(a, n);
    for (size_t i = 0; modules && i < n; i++)
        modules[i] = made->data[i] & DARK;
    *out = (qr_code){(unsigned)made->width, modules};
    QRcode_free(made);
    return modules ? ERR_OK : ERR_MEMORY;
}

bool qr_code_dark(const qr_code *code, int row, int column)
{
    const int size = (int)code->size;
    return row >= 0 && row < size && column >= 0 && column < size && code->modules[row * size + column] != 0;
}
