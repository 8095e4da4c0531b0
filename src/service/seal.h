/* The seal of a person: the picture that was given for him, or one that is drawn from his name. */
#ifndef YIQIAN_SERVICE_SEAL_H
#define YIQIAN_SERVICE_SEAL_H

#include "doc/seal_picture.h"
#include "service/service.h"

typedef struct seal {
    bool drawn;            /* from the name: no picture was given */
    bytes picture;         /* PNG; SVG of a drawn one */
    int64_t version;       /* of the picture; 0 of a drawn one */
    int64_t width, height; /* of a picture, pixels */
    int64_t updated_ms;    /* of a picture */
} seal;

/* ERR_USER_NOT_FOUND. */
MUST_CHECK err seal_get(call *c, const uint8_t user_id[16], seal *out);

/* version: which one it takes the place of; 0: whatever there is. ERR_PICTURE (fault.detail says why), ERR_USER_NOT_FOUND, ERR_STALE. */
MUST_CHECK err seal_put(call *c, const uint8_t user_id[16], int64_t version, bytes picture, seal *out);

/* From then on it is drawn. ERR_NOT_FOUND (no picture was given), ERR_USER_NOT_FOUND, ERR_STALE. */
MUST_CHECK err seal_remove(call *c, const uint8_t user_id[16], int64_t version);

#endif
