/* What is said about an error beyond its code: filled by whoever finds it, shown to the API's client. No internals in it. */
#ifndef YIQIAN_BASE_FAULT_H
#define YIQIAN_BASE_FAULT_H

#include "base/err.h"

typedef struct fault {
    char detail[240]; /* UTF-8; "" for none */
    char field[64];   /* the field or parameter that is wrong; "" for none */
    int tries_left;   /* of a PIN or an activation code; -1: does not apply */
    int retry_after;  /* seconds; -1 for none */
} fault;

void fault_clear(fault *f);

/* Sets detail (cut at a character's boundary where it is too long) and returns e, so that a check is one line. */
err fault_set(fault *f, err e, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Sets the field and returns e. */
err fault_field(fault *f, err e, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
