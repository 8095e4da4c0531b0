/* A scope between its exact bytes (mpc/mpc_scope.h) and the SDK's struct. */
#ifndef YIQIAN_SDK_AUTHORISATION_SCOPE_H
#define YIQIAN_SDK_AUTHORISATION_SCOPE_H

#include "json_writer.h"
#include "mpc/mpc_scope.h"
#include "yiqian/device.h"

/* Its bytes, in the arena. ERR_LIMIT, ERR_FIELD_VALUE, ERR_MEMORY; ERR_ARG for counts beyond the arrays and names that are NULL. */
MUST_CHECK err authorisation_scope_build(arena *a, bytes *out, const yq_scope *scope);

/* The struct; its texts are the arena's. As mpc_scope_read. */
MUST_CHECK err authorisation_scope_read(arena *a, yq_scope *out, bytes scope);

/* Writes it as a member "scope" in base64. */
void authorisation_scope_write(arena *a, json_writer *w, bytes scope);

#endif
