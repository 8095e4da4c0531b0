#include "issued.h"

#include <string.h>

#include "own_certificate.h"

static err read_chain(stored_key *changed, arena *a, json_value chain)
{
    json_value element;
    size_t count, position = 0, place = 1;
    TRY(json_reader_count(&count, chain, STORED_CERTIFICATES - 1));
    while (json_reader_next(&element, chain, &position)) {
        bytes der;
        TRY(json_reader_base64(a, &der, element, STORED_CERTIFICATE_MAX));
        if (!own_certificate_is_sequence(der))
            return ERR_DER;
        memcpy(changed->certificate[place], der.p, der.n);
        changed->certificate_n[place++] = der.n;
    }
    return ERR_OK;
}

err issued_read(stored_key *changed, arena *a, json_value root)
{
    static const char active[] = "active";
    json_value object, value;
    bytes der;
    TRY(json_reader_field(&object, root, "certificate"));
    TRY(json_reader_field(&value, object, "certificate"));
    TRY(json_reader_base64(a, &der, value, STORED_CERTIFICATE_MAX));
    TRY(own_certificate_check(changed->serial, der, changed->blob.P, bytes_of(changed->subject, changed->subject_n)));
    memcpy(changed->certificate[0], der.p, der.n);
    changed->certificate_n[0] = der.n;
    TRY(json_reader_field(&value, object, "chain"));
    TRY(read_chain(changed, a, value));
    TRY(json_reader_field(&value, object, "not_before"));
    TRY(json_reader_copy(changed->not_before, sizeof changed->not_before, value));
    TRY(json_reader_field(&value, object, "not_after"));
    TRY(json_reader_copy(changed->not_after, sizeof changed->not_after, value));
    memcpy(changed->state, active, sizeof active);
    memcpy(changed->certificate_state, active, sizeof active);
    changed->renewal_due = false;
    return ERR_OK;
}
