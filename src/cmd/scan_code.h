/* The code of a login, a signing or an enrolment that changes each second (docs/spec/qr.md), on this terminal. */
#ifndef YIQIAN_CMD_SCAN_CODE_H
#define YIQIAN_CMD_SCAN_CODE_H

#include "cmd/session.h"

/* Asks `path` ("/v1/logins/{login}/code"). On a terminal a QR code that is drawn anew in its place each second, until it was scanned or typed
 * (what the phone has to be told then is shown) or is over; elsewhere the one of this second. as_text: the text of this second instead; with
 * --json the server's answer. ERR_CONFLICT (told): it is not open any more. And what remote_get gives. */
MUST_CHECK err scan_code_show(session *s, const char *path, bool as_text);

#define SCAN_CODE_TEXT_ROW(type)                                                                                       \
    {                                                                                                                  \
        .name = "text", .kind = OPTION_FLAG,                                                                           \
        .help = {"不画二维码，只输出此刻的码文（供脚本使用；5 秒内有效）",                                             \
                 "no QR code, but its text of this second (for scripts; good for 5 seconds)"},                         \
        .offset = offsetof(type, text)                                                                                 \
    }

#endif
