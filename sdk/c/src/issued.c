#include "issued.h"

#include <string.h>

#include "failure_report.h"
#include "own_certificate.h"
#include "person.h"
#include "status.h"

/* Up to which this device checks the certificates of others: the root, or the issuing CA where there is none. */
static bytes anchor_of(const stored_key *key)
{
    const size_t place = key->certificate_n[2] > 0 ? 2 : 1;
    return bytes_of(key->certificate[place], key->certificate_n[place]);
}

/* All of what was there before gives way: the new chain may be a shorter one. */
static err read_chain(stored_key *changed, arena *a, json_value chain)
{
    json_value element;
    size_t count, position = 0, place = 1;
    TRY(json_reader_count(&count, chain, STORED_CERTIFICATES - 1));
    changed->certificate_n[1] = changed->certificate_n[2] = 0;
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

/* The first chain is the enrolment's; no later one puts another anchor in its place. */
static err read_chain_under_held(stored_key *changed, arena *a, json_value chain)
{
    uint8_t held[STORED_CERTIFICATE_MAX];
    const bytes before = anchor_of(changed);
    const size_t n = before.n;
    memcpy(held, before.p, n);
    TRY(read_chain(changed, a, chain));
    return n == 0 || bytes_equal(anchor_of(changed), bytes_of(held, n)) ? ERR_OK : ERR_ANSWER;
}

static err read_issued(stored_key *changed, arena *a, json_value root)
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
    TRY(read_chain_under_held(changed, a, value));
    TRY(json_reader_field(&value, object, "not_before"));
    TRY(json_reader_copy(changed->not_before, sizeof changed->not_before, value));
    TRY(json_reader_field(&value, object, "not_after"));
    TRY(json_reader_copy(changed->not_after, sizeof changed->not_after, value));
    memcpy(changed->state, active, sizeof active);
    memcpy(changed->certificate_state, active, sizeof active);
    changed->renewal_due = false;
    return ERR_OK;
}

yq_status issued_take(yq_device *device, context_key *key, const wire_answer *answer, const uint8_t sid[16],
                      stored_key *changed)
{
    json_value root;
    arena *a = arena_create(PERSON_ARENA);
    yq_status status = a ? wire_open(&root, answer) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        status = status_of_answer(read_issued(changed, a, root));
    if (status == YQ_ANSWER_REJECTED)
        failure_report_send(device, key, sid, NULL, "answer_rejected");
    arena_destroy(a);
    return status;
}
