/* Errors as RFC 9457 problem+json: {"type","title","status","code","detail","hint"}, from one table of all codes. title and hint
 * come in Chinese and English ("title" and "title_en" ...). Internals never leave: detail is only what the caller put there. */
#ifndef YIQIAN_HTTP_PROBLEM_H
#define YIQIAN_HTTP_PROBLEM_H

#include "base/fault.h"
#include "http/http.h"

typedef struct problem_row {
    int status;
    const char *title_zh, *title_en, *hint_zh, *hint_en; /* hints may be NULL */
} problem_row;

/* The row of an error; every error has one (a test shows it). */
const problem_row *problem_of(err e);

void problem_respond(arena *a, http_response *response, err e, const fault *f);

#endif
