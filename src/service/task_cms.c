#include "service/task_cms.h"

#include "cms/signed_data.h"
#include "service/internal.h"

err task_cms(call *c, const task *t, bytes timestamp, bytes *out)
{
    cert leaf;
    *out = bytes_of(NULL, 0);
    if (!t->has_signature || t->signature.attributes.n == 0)
        return ERR_OK;
    if (cert_parse(&leaf, t->signature.certificate) != ERR_OK)
        return ERR_CORRUPT;
    const signed_data_parts parts = {.profile = CMS_GM,
                                     .attributes = t->signature.attributes,
                                     .rs = t->signature.rs,
                                     .signer = &leaf,
                                     .others = &c->service->issuing.der,
                                     .others_n = 1,
                                     .timestamp = timestamp};
    size_t cap = signed_data_size_max(&parts);
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    err e = signed_data_write(&b, &parts);
    *out = bytes_of(b.p, b.n);
    return e == ERR_OK || e == ERR_LENGTH ? e : ERR_CORRUPT;
}
