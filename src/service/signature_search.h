/* Finding signatures among millions, newest first. What narrows most is looked up: a person, a reference. Otherwise they are gone through from the
 * newest on, only the days that have any such (service/statistics_day.h), for a bounded time: the answer says how far it came, and the next
 * call goes on there. */
#ifndef YIQIAN_SERVICE_SIGNATURE_SEARCH_H
#define YIQIAN_SERVICE_SIGNATURE_SEARCH_H

#include "service/service.h"

enum {
    SIGNATURE_SEARCH_PAGE = 200,
    SIGNATURE_SEARCH_PERSONS = 8, /* of one name */
    SIGNATURE_SEARCH_WORDS = 4,
    SIGNATURE_SEARCH_REFERENCES = 5000 /* looked up; of a prefix that has more, signatures are gone through */
};

/* Where the list goes on: behind this signature, or behind all of that time or later. */
typedef struct signature_place {
    int64_t signed_ms;
    uint8_t task[16];
} signature_place;

/* All that is given (not NULL) has to fit. */
typedef struct signature_filter {
    const char *person;                       /* a staff number, a whole name, or a user's id */
    const char *reference, *reference_prefix; /* one of them at the most */
    const char *record_type, *department, *method;
    const uint8_t *system_id;
    const char *title;      /* words, all of which are in the title */
    int64_t from_ms, to_ms; /* from on, and before to */
    bool has_after;
    signature_place after;
    int64_t limit; /* 1..SIGNATURE_SEARCH_PAGE */
} signature_filter;

typedef struct signature_entry {
    signature_place place;
    const char *method, *form, *kind, *title, *reference, *record_type, *department;
    const char *task_state; /* "signed", "withdrawn" */
    uint8_t system_id[16], user_id[16];
    const char *system, *staff_no, *name; /* name: that of the certificate */
    const char *platform;    /* of the phone; NULL: unknown */
    const char *workstation; /* of a signature under an authorisation; else NULL */
    bytes serial;
    const char *certificate_state; /* now */
    bool stamp_wanted, stamped;
} signature_entry;

typedef struct signature_page {
    const signature_entry *entries;
    size_t n;
    bool more; /* there may be more, behind `next` */
    signature_place next;
} signature_page;

/* ERR_USER_NOT_FOUND (person), ERR_LIMIT (person: more than SIGNATURE_SEARCH_PERSONS of this name), ERR_FIELD_VALUE (title: more than
 * SIGNATURE_SEARCH_WORDS words). */
MUST_CHECK err signature_search(call *c, const signature_filter *filter, signature_page *out);

#endif
