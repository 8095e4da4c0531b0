#include "person.h"

#include <string.h>

#include "asn1/csr_info.h"
#include "asn1/name.h"
#include "crypto/sm2.h"

enum { STAFF_NO_MAX = 64 };

/* The names of the devices in the array `supersedes`. */
static err read_supersedes(yq_person *person, arena *a, json_value root)
{
    json_value array, element, value;
    size_t position = 0, at = 0;
    TRY(json_reader_field(&array, root, "supersedes"));
    TRY(json_reader_count(&person->supersedes_n, array, PERSON_SUPERSEDES_MAX));
    const char **names = arena_alloc(a, (person->supersedes_n + 1) * sizeof *names);
    if (!names)
        return ERR_MEMORY;
    while (json_reader_next(&element, array, &position)) {
        TRY(json_reader_field(&value, element, "device_name"));
        TRY(json_reader_text(a, &names[at++], value));
    }
    person->supersedes = names;
    return ERR_OK;
}

err person_read(stored_key *changed, yq_person *person, arena *a, json_value root)
{
    json_value value, user;
    bytes subject;
    char staff_no[sizeof changed->staff_no];
    uint8_t serial[STAFF_NO_MAX];
    buffer serial_number = buffer_over(serial, sizeof serial);
    TRY(json_reader_field(&user, root, "user"));
    TRY(json_reader_field(&value, user, "staff_no"));
    TRY(json_reader_copy(staff_no, sizeof staff_no, value));
    TRY(json_reader_field(&value, user, "name"));
    TRY(json_reader_copy(changed->name, sizeof changed->name, value));
    TRY(json_reader_field(&value, root, "organisation"));
    TRY(json_reader_copy(changed->organisation, sizeof changed->organisation, value));
    TRY(json_reader_field(&value, root, "subject"));
    TRY(json_reader_base64(a, &subject, value, sizeof changed->subject));
    TRY(name_check(subject));
    bytes typed = bytes_of_text(changed->staff_no);
    if (name_value(&serial_number, subject, OID_SERIAL_NUMBER) != ERR_OK ||
        !bytes_equal(bytes_of(serial, serial_number.n), typed) || !bytes_equal(bytes_of_text(staff_no), typed))
        return ERR_ANSWER;
    memcpy(changed->subject, subject.p, subject.n);
    changed->subject_n = subject.n;
    *person = (yq_person){changed->staff_no, changed->name, changed->organisation, NULL, 0};
    return read_supersedes(person, a, root);
}

err person_request_digest(uint8_t e[32], const uint8_t P[65], bytes subject)
{
    uint8_t info[CSR_INFO_SIZE_MAX(STORED_NAME_MAX)];
    buffer b = buffer_over(info, sizeof info);
    TRY(csr_info_build(&b, subject, P));
    sm2_digest(e, P, bytes_of(info, b.n));
    return ERR_OK;
}
