#include "service/signature_search.h"

#include <string.h>

#include "base/text.h"
#include "os/clock.h"
#include "service/column.h"
#include "service/holder.h"
#include "service/internal.h"
#include "service/like.h"
#include "service/statistics_day.h"

enum {
    CHUNK = 2000, /* signatures gone through in one statement */
    SEARCH_NS = 300000000,
    PERSON_AT = 11, /* in the parameters, less one */
    WORDS_AT = PERSON_AT + SIGNATURE_SEARCH_PERSONS,
    PARAMS = WORDS_AT + SIGNATURE_SEARCH_WORDS
};

/* Every statement takes the same parameters: $1 from, $2 and $3 the place behind which, $4 how many are gone through, $5 how many are given, $6
 * system, $7 department, $8 record type, $9 method, $10 and $11 what a reference lies between, $12.. persons, $20.. words. */
#define PERSONS "($12, $13, $14, $15, $16, $17, $18, $19)"
#define WINDOW "g.signed_at >= $1 AND (g.signed_at, g.task_id) < ($2, $3)"
#define NEWEST_FIRST " ORDER BY g.signed_at DESC, g.task_id DESC LIMIT "
#define WORD(k) " AND ($" k " IS NULL OR lower(t.title) LIKE $" k " ESCAPE '!')"
#define FITS                                                                                                           \
    "($6 IS NULL OR t.system_id = $6) AND ($7 IS NULL OR t.department = $7) AND ($8 IS NULL OR t.record_type = $8) "   \
    "AND ($9 IS NULL OR g.method = $9) AND ($10 IS NULL OR (t.reference >= $10 AND t.reference < $11)) AND "           \
    "($12 IS NULL OR g.signer IN " PERSONS ")" WORD("20") WORD("21") WORD("22") WORD("23")
#define SEARCH(candidates)                                                                                             \
    "SELECT g.task_id, g.signed_at, g.method, g.form, t.kind, t.title, t.reference, t.record_type, t.department, "     \
    "t.state, t.system_id, g.signer, s.name, u.staff_no, u.name, d.platform, w.name, g.serial, "                       \
    "c.state, x.task_id, x.serial, c.not_after, c.certificate "                                                        \
    "FROM (SELECT g.* FROM (" candidates ") g JOIN task t ON t.id = g.task_id WHERE " FITS NEWEST_FIRST "$5) g "       \
    "JOIN task t ON t.id = g.task_id JOIN system s ON s.id = t.system_id JOIN app_user u ON u.id = g.signer "          \
    "LEFT JOIN certificate c ON c.serial = g.serial LEFT JOIN device_key k ON k.id = g.key_id "                        \
    "LEFT JOIN enrolment e ON e.id = k.enrolment_id LEFT JOIN device d ON d.id = e.device_id "                         \
    "LEFT JOIN authorisation a ON a.id = g.authorisation_id LEFT JOIN workstation w ON w.id = a.workstation_id "       \
    "LEFT JOIN signature_stamp x ON x.task_id = g.task_id ORDER BY g.signed_at DESC, g.task_id DESC"

typedef enum source { BY_TIME, BY_PERSON, BY_PERSONS, BY_REFERENCE } source;

static const char *const statements[] = {
    [BY_TIME] = SEARCH("SELECT g.* FROM signature g WHERE " WINDOW NEWEST_FIRST "$4"),
    [BY_PERSON] = SEARCH("SELECT g.* FROM signature g WHERE g.signer = $12 AND " WINDOW NEWEST_FIRST "$4"),
    [BY_PERSONS] = SEARCH("SELECT g.* FROM signature g WHERE g.signer IN " PERSONS " AND " WINDOW NEWEST_FIRST "$4"),
    [BY_REFERENCE] = SEARCH(
        "SELECT g.* FROM (SELECT id FROM task WHERE system_id IN (SELECT id FROM system) AND "
        "reference >= $10 AND reference < $11) r JOIN signature g ON g.task_id = r.id WHERE " WINDOW NEWEST_FIRST "$4"),
};

/* The last of those that such a statement goes through, from an index alone; it takes $1 to $4, and persons behind them. */
#define LAST(whose) "SELECT g.signed_at, g.task_id FROM signature g WHERE " whose WINDOW NEWEST_FIRST "1 OFFSET $4"
static const char *const last_of[] = {
    [BY_TIME] = LAST(""),
    [BY_PERSON] = LAST("g.signer = $5 AND "),
    [BY_PERSONS] = LAST("g.signer IN ($5, $6, $7, $8, $9, $10, $11, $12) AND "),
};

typedef struct search {
    call *c;
    const signature_filter *filter;
    source source;
    store_value params[PARAMS];
    int64_t counted_until; /* the first day of which nothing is known */
    signature_entry *entries;
    size_t n;
} search;

/* ---- what is asked for ---- */

static err read_words(search *s)
{
    const char *at = s->filter->title ? s->filter->title : "";
    for (size_t k = 0; *(at += strspn(at, " \t")); k++) {
        size_t n = strcspn(at, " \t");
        if (k == SIGNATURE_SEARCH_WORDS)
            return fault_field(&s->c->fault, ERR_FIELD_VALUE, "title");
        const char *text = like_contains(s->c->arena, at, n);
        if (!text)
            return ERR_MEMORY;
        s->params[WORDS_AT + k] = store_text(text);
        at += n;
    }
    return ERR_OK;
}

/* Between what all references of the prefix lie; of the whole one itself: no text has a character below U+0001. */
static err read_reference(search *s)
{
    const signature_filter *f = s->filter;
    const char *from = f->reference ? f->reference : f->reference_prefix;
    const store_value *row;
    if (!from)
        return ERR_OK;
    const char *to = arena_printf(s->c->arena, "%s%s", from, f->reference ? "\x01" : "\xf4\x8f\xbf\xbf");
    if (!to)
        return ERR_MEMORY;
    store_value bounds[] = {s->params[9] = store_text(from), s->params[10] = store_text(to),
                            store_int(SIGNATURE_SEARCH_REFERENCES + 1)};
    TRY(store_query_one(s->c->service->options.store, s->c->arena, &row, ERR_INTERNAL,
                        "SELECT count(*) FROM (SELECT 1 FROM task WHERE system_id IN (SELECT id FROM system) AND "
                        "reference >= $1 AND reference < $2 LIMIT $3) r",
                        bounds, 3));
    if (row->i <= SIGNATURE_SEARCH_REFERENCES)
        s->source = BY_REFERENCE;
    return ERR_OK;
}

static err read_person(search *s)
{
    const char *person = s->filter->person;
    store_result rows;
    uint8_t id[16] = {0};
    if (!person)
        return ERR_OK;
    if (uuid_decode(id, person, strlen(person)) != ERR_OK)
        memset(id, 0, sizeof id);
    TRY(store_query(s->c->service->options.store, s->c->arena, &rows,
                    "SELECT id FROM app_user WHERE id = $1 OR staff_no = $2 OR name = $2 LIMIT $3",
                    (store_value[]){store_id(id), store_text(person), store_int(SIGNATURE_SEARCH_PERSONS + 1)}, 3));
    if (rows.rows == 0)
        return fault_field(&s->c->fault, ERR_USER_NOT_FOUND, "person");
    if (rows.rows > SIGNATURE_SEARCH_PERSONS)
        return fault_field(&s->c->fault,
                           fault_set(&s->c->fault, ERR_LIMIT, "many people have this name; give the staff number"),
                           "person");
    for (size_t i = 0; i < SIGNATURE_SEARCH_PERSONS; i++)
        s->params[PERSON_AT + i] = rows.values[(i < rows.rows ? i : 0) * rows.columns];
    if (s->source == BY_TIME)
        s->source = rows.rows == 1 ? BY_PERSON : BY_PERSONS;
    return ERR_OK;
}

static err search_open(search *s)
{
    const signature_filter *f = s->filter;
    arena *a = s->c->arena;
    s->params[5] = store_id(f->system_id);
    s->params[6] = store_text(f->department);
    s->params[7] = store_text(f->record_type);
    s->params[8] = store_text(f->method);
    s->entries = arena_alloc(a, (size_t)f->limit * sizeof *s->entries);
    if (!s->entries)
        return ERR_MEMORY;
    TRY(read_words(s));
    TRY(read_reference(s));
    TRY(read_person(s));
    return statistics_day_counted_until(s->c->service, a, s->c->now_ms, &s->counted_until);
}

/* ---- going through ---- */

static err read_entry(arena *a, const store_value *v, int64_t now_ms, signature_entry *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->place.task, &v[0]));
    out->place.signed_ms = column_int(&v[1]);
    const char **texts[] = {&out->method,    &out->form,        &out->kind,       &out->title,
                            &out->reference, &out->record_type, &out->department, &out->task_state};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = column_text(&v[2 + i]);
    TRY(store_column_id(out->system_id, &v[10]));
    TRY(store_column_id(out->user_id, &v[11]));
    out->system = column_text(&v[12]);
    out->staff_no = column_text(&v[13]);
    out->name = holder_name(a, column_bytes(&v[22]), column_text(&v[14]));
    out->platform = column_text(&v[15]);
    out->workstation = column_text(&v[16]);
    out->serial = column_bytes(&v[17]);
    out->certificate_state = column_text(&v[18]);
    out->stamp_wanted = v[19].type != STORE_NULL;
    out->stamped = v[20].type != STORE_NULL;
    /* Housekeeping may not have come to it yet. */
    if (out->certificate_state && strcmp(out->certificate_state, "active") == 0 && column_int(&v[21]) < now_ms)
        out->certificate_state = "expired";
    return ERR_OK;
}

/* Whether every signature that is gone through fits by itself. */
static bool all_fit(const search *s)
{
    const signature_filter *f = s->filter;
    return s->source != BY_REFERENCE && !f->system_id && !f->department && !f->record_type && !f->method &&
           s->params[9].type == STORE_NULL && s->params[WORDS_AT].type == STORE_NULL;
}

/* One statement: signatures from `from` on behind *place, which it moves behind all that it went through. *end: there are no more. */
static err one_chunk(search *s, int64_t from, signature_place *place, bool *end)
{
    call *c = s->c;
    store *db = c->service->options.store;
    store_result rows, last;
    int64_t wanted = s->filter->limit - (int64_t)s->n, chunk = all_fit(s) ? wanted : CHUNK;
    s->params[0] = store_int(from);
    s->params[1] = store_int(place->signed_ms);
    s->params[2] = store_id(place->task);
    s->params[3] = store_int(s->source == BY_REFERENCE ? INT32_MAX : chunk);
    s->params[4] = store_int(wanted);
    TRY(store_query(db, c->arena, &rows, statements[s->source], s->params, PARAMS));
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_entry(c->arena, rows.values + i * rows.columns, c->now_ms, &s->entries[s->n++]));
    *end = false;
    if ((int64_t)rows.rows == wanted) {
        *place = s->entries[s->n - 1].place;
        return ERR_OK;
    }
    *end = s->source == BY_REFERENCE;
    if (*end)
        return ERR_OK;
    store_value of[4 + SIGNATURE_SEARCH_PERSONS] = {s->params[0], s->params[1], s->params[2], store_int(chunk - 1)};
    memcpy(of + 4, s->params + PERSON_AT, SIGNATURE_SEARCH_PERSONS * sizeof *of);
    const size_t persons[] = {[BY_TIME] = 0, [BY_PERSON] = 1, [BY_PERSONS] = SIGNATURE_SEARCH_PERSONS};
    TRY(store_query(db, c->arena, &last, last_of[s->source], of, 4 + persons[s->source]));
    *end = last.rows == 0;
    if (*end)
        return ERR_OK;
    place->signed_ms = column_int(&last.values[0]);
    return store_column_id(place->task, &last.values[1]);
}

/* The newest day up to *day that has a signature with each of the values asked for, as far as days are counted; *none: there is none. */
static err day_that_fits(search *s, int64_t *day, bool *none)
{
    const signature_filter *f = s->filter;
    char system[UUID_TEXT];
    if (f->system_id)
        uuid_encode(system, f->system_id);
    const struct {
        statistics_kind kind;
        const char *value;
    } wanted[] = {{STATISTICS_SYSTEM, f->system_id ? system : NULL},
                  {STATISTICS_DEPARTMENT, f->department},
                  {STATISTICS_RECORD_TYPE, f->record_type},
                  {STATISTICS_METHOD, f->method}};
    *none = false;
    for (size_t i = 0, agreed = 0; agreed < 4 && *day < s->counted_until; i = (i + 1) % 4, agreed++) {
        const store_value *row;
        if (!wanted[i].value)
            continue;
        TRY(store_query_one(s->c->service->options.store, s->c->arena, &row, ERR_INTERNAL,
                            "SELECT max(day) FROM statistics_day WHERE kind = $1 AND (value = $2 OR value = $3) AND "
                            "day <= $4",
                            (store_value[]){store_text(statistics_kind_name(wanted[i].kind)),
                                            store_text(wanted[i].value), store_text(STATISTICS_OTHERS),
                                            store_int(*day)},
                            4));
        *none = row->type != STORE_INT;
        if (*none)
            return ERR_OK;
        if (row->i < *day)
            agreed = 0;
        *day = row->i;
    }
    return ERR_OK;
}

static bool has_days(const search *s)
{
    const signature_filter *f = s->filter;
    return s->source == BY_TIME && (f->system_id || f->department || f->record_type || f->method);
}

/* The day of the newest signature that may be behind the place. */
static int64_t day_behind(const search *s, const signature_place *place)
{
    static const uint8_t least[16];
    const service *of = s->c->service;
    if (place->signed_ms > s->c->now_ms + STATISTICS_DAY_MS) /* those of a clock that was set back */
        return statistics_day_of(of, s->c->now_ms) + 1;
    return statistics_day_of(of, place->signed_ms - (memcmp(place->task, least, sizeof least) == 0));
}

/* Moves the place over days that have nothing; *from: where the one that it is on now begins. */
static err skip_days(search *s, signature_place *place, int64_t *from, bool *end)
{
    const service *of = s->c->service;
    int64_t day = day_behind(s, place), found = day;
    *from = s->filter->from_ms;
    TRY(day_that_fits(s, &found, end));
    if (*end)
        return ERR_OK;
    int64_t begins = statistics_day_start(of, found);
    if (found < day)
        *place = (signature_place){.signed_ms = begins + STATISTICS_DAY_MS};
    if (found < s->counted_until && begins > *from)
        *from = begins;
    *end = place->signed_ms < s->filter->from_ms;
    return ERR_OK;
}

err signature_search(call *c, const signature_filter *filter, signature_page *out)
{
    search s = {.c = c, .filter = filter};
    signature_place place = {.signed_ms = filter->to_ms};
    uint64_t began = clock_monotonic_ns();
    bool end = false;
    TRY(search_open(&s));
    if (filter->has_after && filter->after.signed_ms < place.signed_ms)
        place = filter->after;
    do {
        int64_t from = filter->from_ms;
        if (has_days(&s))
            TRY(skip_days(&s, &place, &from, &end));
        if (end)
            break;
        TRY(one_chunk(&s, from, &place, &end));
        if (end && from > filter->from_ms) { /* of this day only */
            place = (signature_place){.signed_ms = from};
            end = false;
        }
    } while (!end && (int64_t)s.n < filter->limit && clock_monotonic_ns() - began < SEARCH_NS);
    *out = (signature_page){s.entries, s.n, !end, place};
    return ERR_OK;
}
