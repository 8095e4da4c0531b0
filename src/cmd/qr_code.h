/* QR codes (ISO/IEC 18004) by Debian's libqrencode: the modules, for whatever draws them. */
#ifndef YIQIAN_CMD_QR_CODE_H
#define YIQIAN_CMD_QR_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* The light modules that have to stand on every side. */
enum { QR_CODE_QUIET = 4 };

/* size rows of size modules, without the quiet zone; 21 to 177. */
typedef struct qr_code {
    unsigned size;
    const uint8_t *modules; /* row by row, not 0: dark. The arena's */
} qr_code;

/* The smallest code of the text at error correction level M. ERR_LENGTH (no text, or more than a code holds), ERR_MEMORY. */
MUST_CHECK err qr_code_make(arena *a, const char *text, qr_code *out);

/* Whether a module is dark; what is outside is light. */
bool qr_code_dark(const qr_code *code, int row, int column);

#endif
