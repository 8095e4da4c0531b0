/* The codes of a scan session, which change every second (docs/spec/qr.md): their bytes, their text, and how long one is good. Nothing
 * here touches a row. */
#ifndef YIQIAN_SERVICE_SCAN_CODE_H
#define YIQIAN_SERVICE_SCAN_CODE_H

#include "base/arena.h"

typedef enum scan_kind { SCAN_LOGIN, SCAN_SIGN, SCAN_ENROL } scan_kind;

enum {
    SCAN_SECRET = 32,
    SCAN_MAC = 12, /* bytes of HMAC-SM3 that a code carries */
    SCAN_CODE_STEP_MS = 1000,
    SCAN_CODE_STEPS = 5, /* a code is good in its own step and the four after it; a step has 16 bits */
    SCAN_CODE_URL_MAX = 255
};

typedef struct scan_code {
    scan_kind kind;
    uint8_t id[16]; /* of the session */
    uint16_t step;
    uint8_t mac[SCAN_MAC];
} scan_code;

/* "login", "sign", "enrol": as stored; and back, ERR_CORRUPT. */
const char *scan_kind_name(scan_kind kind);
MUST_CHECK err scan_kind_of(const char *name, scan_kind *out);

/* The step of a session at a moment: whole seconds since it was made, 0 before. */
int64_t scan_code_step(int64_t created_ms, int64_t now_ms);

/* The code of this step. */
void scan_code_make(scan_code *out, scan_kind kind, const uint8_t id[16], const uint8_t secret[SCAN_SECRET],
                    uint16_t step);

/* The text that a screen shows. url: of the server, at most SCAN_CODE_URL_MAX bytes, for a phone that has none yet; NULL: not
 * carried. NULL where the arena is full or the url is too long. */
const char *scan_code_text(arena *a, const scan_code *code, const char *url);

/* The inverse; a url behind the code is for phones and not looked at. ERR_ENCODING, ERR_MEMORY. */
MUST_CHECK err scan_code_parse(arena *a, const char *text, scan_code *out);

/* Whether the code is of this session and good in step `now`: neither older than SCAN_CODE_STEPS nor of the future. */
bool scan_code_good(const scan_code *code, const uint8_t secret[SCAN_SECRET], int64_t now);

#endif
