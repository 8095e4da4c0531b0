#include "cmd/qr_code.h"

#include <qrencode.h>

bool qr_code_draw(const char *text, qr_code *out)
{
    QRcode *made = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    bool fits = made && made->width > 0 && made->width <= QR_CODE_SIZE_MAX;
    out->size = fits ? (unsigned)made->width : 0;
    for (unsigned i = 0; fits && i < out->size * out->size; i++)
        out->modules[i] = made->data[i] & 1;
    QRcode_free(made);
    return fits;
}
