/* A QR code's modules (ISO/IEC 18004), by libqrencode. */
#ifndef YIQIAN_CMD_QR_CODE_H
#define YIQIAN_CMD_QR_CODE_H

#include <stdbool.h>
#include <stdint.h>

enum { QR_CODE_SIZE_MAX = 177 };

typedef struct qr_code {
    unsigned size;                                        /* modules a side */
    uint8_t modules[QR_CODE_SIZE_MAX * QR_CODE_SIZE_MAX]; /* row by row, 1 is dark; the quiet zone is not in it */
} qr_code;

/* The text as it is, with 15 % of error correction; false where it is too long or memory is out. */
bool qr_code_draw(const char *text, qr_code *out);

#endif
