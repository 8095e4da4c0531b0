#define _GNU_SOURCE
#include "records.h"

#include "service/signature_search.h"

enum { HOUR_MS = 3600000, DAYS = 30, MADE = 120, PEOPLE = 3 };

typedef struct ward {
    fixture f;
    signer_of people[PEOPLE];
    uint8_t systems[2][16];
    record made[MADE];
    size_t signer[MADE];
    unsigned random;
} ward;

static unsigned draw(ward *w, unsigned below)
{
    w->random = w->random * 1664525 + 1013904223;
    return (w->random >> 8) % below;
}

static int setup(void **state)
{
    static const char *const departments[] = {"心内科", "外科", NULL};
    static const char *const types[] = {"医嘱", "病历", ""};
    static const char *const methods[] = {"pin", "fingerprint", "authorisation"};
    static const char *const titles[] = {"Discharge Summary 张三", "术前小结 100%", "a_b!c"};
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    records_signer(&w->f, "D1", "王建国", &w->people[0]);
    records_signer(&w->f, "D2", "李秀英", &w->people[1]);
    records_signer(&w->f, "D3", "李秀英", &w->people[2]);
    records_system(&w->f, "电子病历", w->systems[0]);
    records_system(&w->f, "检验", w->systems[1]);
    for (size_t i = 0; i < MADE; i++) {
        w->made[i] = (record){.signed_ms = w->f.now_ms - (int64_t)draw(w, DAYS * 24) * HOUR_MS,
                              .title = titles[draw(w, 3)],
                              .reference = arena_printf(w->f.arena, "ZY2026%02u-%u", draw(w, 12), draw(w, 5)),
                              .record_type = types[draw(w, 3)],
                              .department = departments[draw(w, 3)],
                              .method = methods[draw(w, 3)],
                              .system = w->systems[draw(w, 2)]};
        w->signer[i] = draw(w, PEOPLE);
        records_sign(&w->f, &w->people[w->signer[i]], &w->made[i]);
    }
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    ward *w = *state;
    fixture_remove(&w->f);
    free(w);
    return 0;
}

static bool same(const char *wanted, const char *is)
{
    return !wanted || (is && strcmp(wanted, is) == 0);
}

/* The plain meaning of a filter. */
static bool fits(const ward *w, size_t i, const signature_filter *f)
{
    const record *r = &w->made[i];
    const user *u = &w->people[w->signer[i]].user;
    return (!f->person || strcmp(f->person, u->staff_no) == 0 || strcmp(f->person, u->name) == 0) &&
           (!f->system_id || memcmp(f->system_id, r->system, 16) == 0) && same(f->department, r->department) &&
           same(f->record_type, r->record_type) && same(f->method, r->method) && same(f->reference, r->reference) &&
           (!f->reference_prefix || strncmp(f->reference_prefix, r->reference, strlen(f->reference_prefix)) == 0) &&
           (!f->title || strcasestr(r->title, f->title)) && r->signed_ms >= f->from_ms && r->signed_ms < f->to_ms;
}

/* All pages: each that fits once, newest first. */
static void all_are_found(ward *w, signature_filter f)
{
    size_t wanted = 0, found = 0;
    int64_t last = INT64_MAX;
    signature_page page = {.more = true};
    arena *scratch = arena_create(4 << 20);
    assert_non_null(scratch);
    if (f.to_ms == 0)
        f.to_ms = INT64_MAX;
    for (size_t i = 0; i < MADE; i++)
        wanted += fits(w, i, &f);
    for (int calls = 0; page.more; calls++) {
        assert_true(calls < 2 * MADE);
        call c = *fixture_call(&w->f, NULL);
        arena_reset(scratch);
        c.arena = scratch;
        assert_int_equal(signature_search(&c, &f, &page), ERR_OK);
        assert_true(page.n <= (size_t)f.limit);
        for (size_t k = 0; k < page.n; k++, found++) {
            size_t i = 0;
            while (i < MADE && memcmp(w->made[i].task, page.entries[k].place.task, 16) != 0)
                i++;
            assert_true(i < MADE && fits(w, i, &f));
            assert_true(page.entries[k].place.signed_ms <= last);
            last = page.entries[k].place.signed_ms;
            assert_string_equal(page.entries[k].staff_no, w->people[w->signer[i]].user.staff_no);
        }
        f.has_after = true;
        f.after = page.next;
    }
    assert_int_equal(found, wanted);
    arena_destroy(scratch);
}

static void every_combination_finds_what_it_says(void **state)
{
    ward *w = *state;
    const char *people[] = {NULL, "D1", "李秀英"}, *references[] = {NULL, "ZY202603-1"},
               *prefixes[] = {NULL, "ZY20260"};
    const int64_t limits[] = {1, 7, SIGNATURE_SEARCH_PAGE};
    for (int rolled = 0; rolled < 2; rolled++) {
        for (unsigned k = 0; k < 768; k++) {
            signature_filter f = {.person = people[k % 3], .limit = limits[draw(w, 3)]};
            unsigned bits = k / 3;
            f.reference = references[bits & 1];
            f.reference_prefix = bits & 1 ? NULL : prefixes[bits >> 1 & 1];
            f.system_id = bits >> 2 & 1 ? w->systems[0] : NULL;
            f.department = bits >> 3 & 1 ? "外科" : NULL;
            f.record_type = bits >> 4 & 1 ? "医嘱" : NULL;
            f.method = bits >> 5 & 1 ? "fingerprint" : NULL;
            f.title = bits >> 6 & 1 ? "小结" : NULL;
            f.from_ms = bits >> 7 & 1 ? w->f.now_ms - (int64_t)20 * 24 * HOUR_MS : 0;
            f.to_ms = bits >> 7 & 1 ? w->f.now_ms - (int64_t)5 * 24 * HOUR_MS : 0;
            all_are_found(w, f);
        }
        assert_int_equal(statistics_day_roll_up(w->f.service, w->f.now_ms), ERR_OK);
    }
}

static void titles_by_words(void **state)
{
    ward *w = *state;
    static const char *const words[] = {"discharge", "SUMMARY", "张三", "100%", "a_b!c", "%", "_", "!", "没有"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        all_are_found(w, (signature_filter){.title = words[i], .limit = 50});
    signature_page page;
    signature_filter f = {.title = " 张三  Discharge ", .to_ms = INT64_MAX, .limit = SIGNATURE_SEARCH_PAGE};
    assert_int_equal(signature_search(fixture_call(&w->f, NULL), &f, &page), ERR_OK);
    assert_true(page.n > 0);
    f.title = "张三 术前小结";
    assert_int_equal(signature_search(fixture_call(&w->f, NULL), &f, &page), ERR_OK);
    assert_int_equal(page.n, 0);
    f.title = "a b c d e";
    call *c = fixture_call(&w->f, NULL);
    assert_int_equal(signature_search(c, &f, &page), ERR_FIELD_VALUE);
    assert_string_equal(c->fault.field, "title");
}

static void whom(void **state)
{
    ward *w = *state;
    signature_page page;
    char id[UUID_TEXT];
    uuid_encode(id, w->people[1].user.id);
    signature_filter f = {.person = id, .to_ms = INT64_MAX, .limit = SIGNATURE_SEARCH_PAGE};
    assert_int_equal(signature_search(fixture_call(&w->f, NULL), &f, &page), ERR_OK);
    assert_true(page.n > 0);
    for (size_t i = 0; i < page.n; i++)
        assert_string_equal(page.entries[i].staff_no, "D2");
    f.person = "没有此人";
    call *c = fixture_call(&w->f, NULL);
    assert_int_equal(signature_search(c, &f, &page), ERR_USER_NOT_FOUND);
    assert_string_equal(c->fault.field, "person");
    for (int i = 0; i < SIGNATURE_SEARCH_PERSONS; i++)
        fixture_user(&w->f, arena_printf(w->f.arena, "X%d", i), "李秀英");
    f.person = "李秀英";
    c = fixture_call(&w->f, NULL);
    assert_int_equal(signature_search(c, &f, &page), ERR_LIMIT);
    assert_string_equal(c->fault.field, "person");
}

static void an_entry_says_what_it_is(void **state)
{
    ward *w = *state;
    signature_page page;
    record r = {.signed_ms = w->f.now_ms + 1,
                .title = "手术记录",
                .reference = "P-1",
                .record_type = "手术",
                .department = "外科",
                .state = "withdrawn",
                .system = w->systems[1]};
    records_sign(&w->f, &w->people[0], &r);
    fixture_write(&w->f, "INSERT INTO signature_stamp (task_id, asked_at) VALUES ($1, 0)",
                  (store_value[]){store_id(r.task)}, 1);
    fixture_write(&w->f, "UPDATE certificate SET not_after = $1 WHERE user_id = $2",
                  (store_value[]){store_int(w->f.now_ms - 1), store_id(w->people[0].user.id)}, 2);
    signature_filter f = {.to_ms = INT64_MAX, .limit = 1};
    assert_int_equal(signature_search(fixture_call(&w->f, NULL), &f, &page), ERR_OK);
    const signature_entry *e = &page.entries[0];
    assert_true(page.more);
    assert_memory_equal(e->place.task, r.task, 16);
    assert_string_equal(e->title, "手术记录");
    assert_string_equal(e->system, "检验");
    assert_string_equal(e->name, "王建国");
    assert_string_equal(e->task_state, "withdrawn");
    assert_string_equal(e->platform, "linux");
    assert_string_equal(e->certificate_state, "expired");
    assert_true(e->stamp_wanted && !e->stamped);
    assert_null(e->workstation);
}

static void nothing_is_found_in_nothing(void **state)
{
    ward *w = *state;
    signature_page page;
    const signature_filter none[] = {
        {.reference = "ZY", .to_ms = INT64_MAX, .limit = 10},
        {.department = "没有", .to_ms = INT64_MAX, .limit = 10},
        {.from_ms = 1, .to_ms = 2, .limit = 10},
        {.from_ms = w->f.now_ms + 1, .to_ms = INT64_MAX, .limit = 10},
    };
    assert_int_equal(statistics_day_roll_up(w->f.service, w->f.now_ms), ERR_OK);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(signature_search(fixture_call(&w->f, NULL), &none[i], &page), ERR_OK);
        assert_int_equal(page.n, 0);
        assert_false(page.more);
    }
}

#define WITH_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WARD(every_combination_finds_what_it_says),
        WITH_WARD(titles_by_words),
        WITH_WARD(whom),
        WITH_WARD(an_entry_says_what_it_is),
        WITH_WARD(nothing_is_found_in_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
