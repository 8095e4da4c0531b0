/* The QR code of a workstation's offer (docs/spec/qr-workstation.md): written by the workstation, read by the phone. */
#ifndef YIQIAN_SDK_WORKSTATION_CODE_H
#define YIQIAN_SDK_WORKSTATION_CODE_H

#include "crypto/sm2.h"

enum { WORKSTATION_CODE_HEAD = 1 + 16 + 65 + 16 + 8, WORKSTATION_CODE_TEXT = 240 /* and its terminator */ };

typedef struct workstation_code {
    uint8_t auth_id[16], pkW[65], workstation[16];
    int64_t expires;                     /* Unix seconds */
    uint8_t head[WORKSTATION_CODE_HEAD]; /* the bytes that are signed */
    uint8_t signature[64];
} workstation_code;

/* The text, signed by the installation's key; head and signature are filled. ERR_ENTROPY. */
MUST_CHECK err workstation_code_write(char out[WORKSTATION_CODE_TEXT], workstation_code *code,
                                      const sm2_private *installation, const entropy *rng);

/* ERR_ENCODING (not such a text), ERR_POINT (pkW), ERR_MEMORY. The signature is not checked. */
MUST_CHECK err workstation_code_read(workstation_code *out, const char *text);

/* Is it signed by this key? ERR_SIGNATURE, ERR_POINT. */
MUST_CHECK err workstation_code_check(const workstation_code *code, const uint8_t installation[65]);

#endif
