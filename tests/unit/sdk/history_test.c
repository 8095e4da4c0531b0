#include "fake.h"

typedef struct story {
    fake *f;
    yq_device *device;
    yq_key_info key;
} story;

static void begin(story *s)
{
    s->f = fake_make();
    s->device = fake_device(s->f);
    fake_enrol_person(s->device, 0, &s->key);
}

static void end(story *s)
{
    yq_device_close(s->device);
    fake_free(s->f);
}

static void lists_what_was_signed(void **state)
{
    (void)state;
    story s;
    yq_signatures list;
    yq_problem problem;
    begin(&s);
    assert_int_equal(yq_list_signatures(s.device, s.key.key, NULL, 200, &list, &problem), YQ_OK);
    assert_int_equal(list.n, 0);
    assert_string_equal(list.next, "");
    yq_signatures_free(&list);
    s.f->history_n = 4;
    assert_int_equal(yq_list_signatures(s.device, s.key.key_id, "", 200, &list, NULL), YQ_OK);
    assert_int_equal(list.n, 4);
    const yq_signature *one = &list.items[0], *withdrawn = &list.items[1], *authorised = &list.items[2];
    assert_string_equal(one->task, "07000000-0000-0000-0000-000000000000");
    assert_int_equal(one->kind, YQ_KIND_DOCUMENT);
    assert_string_equal(one->title, "出院小结");
    assert_string_equal(one->description, "张三，女，62 岁");
    assert_string_equal(one->record_type, "出院记录");
    assert_string_equal(one->reference, "ZY20260301-007");
    assert_string_equal(one->system, "电子病历");
    assert_string_equal(one->serial, "0a1b2c");
    assert_string_equal(one->method, "pin");
    assert_string_equal(one->workstation, "");
    assert_string_equal(one->signed_at, "2026-03-01T08:30:00.000Z");
    assert_string_equal(one->withdrawn_at, "");
    assert_string_equal(withdrawn->withdrawn_at, "2026-03-02T08:30:00.000Z");
    assert_string_equal(withdrawn->method, "fingerprint");
    assert_string_equal(authorised->method, "authorisation");
    assert_string_equal(authorised->workstation, "三病区护士站");
    assert_int_equal(list.items[3].kind, YQ_KIND_LOGIN);
    yq_signatures_free(&list);
    yq_signatures_free(&list);
    yq_signatures_free(NULL);
    end(&s);
}

static void goes_on_behind_the_cursor(void **state)
{
    (void)state;
    story s;
    yq_signatures list;
    char before[37] = "";
    size_t seen = 0;
    begin(&s);
    s.f->history_n = 430;
    do {
        assert_int_equal(yq_list_signatures(s.device, s.key.key, before, 200, &list, NULL), YQ_OK);
        for (size_t i = 0; i < list.n; i++, seen++) {
            char id[64];
            (void)snprintf(id, sizeof id, "07000000-0000-0000-0000-00000000%04zx", seen);
            assert_string_equal(list.items[i].task, id);
        }
        memcpy(before, list.next, sizeof before);
        yq_signatures_free(&list);
    } while (*before);
    assert_int_equal(seen, 430);
    assert_int_equal(s.f->count[FAKE_HISTORY], 3);
    end(&s);
}

static void what_is_given_is_checked(void **state)
{
    (void)state;
    story s;
    yq_signatures list;
    begin(&s);
    int calls = s.f->calls;
    assert_int_equal(yq_list_signatures(s.device, s.key.key, NULL, 0, &list, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_list_signatures(s.device, s.key.key, NULL, 201, &list, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_list_signatures(s.device, s.key.key, NULL, 1, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_list_signatures(s.device, s.key.key, "../keys", 1, &list, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_list_signatures(s.device, "no such", NULL, 1, &list, NULL), YQ_NOT_FOUND);
    assert_int_equal(yq_list_signatures(NULL, s.key.key, NULL, 1, &list, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(s.f->calls, calls);
    end(&s);
}

static void makes_an_entry_false(fake *f, fake_call call, json_t *answer)
{
    static const char *const names[] = {"task", "method", "serial", "signed_at"};
    json_t *one = json_array_get(json_object_get(answer, "signatures"), 0);
    if (call != FAKE_HISTORY)
        return;
    if (f->variant == 8)
        json_object_del(answer, "next");
    else if (f->variant == 9)
        json_object_set_new(answer, "next", json_string("more"));
    else if (f->variant == 10)
        json_array_append(json_object_get(answer, "signatures"), one); /* more than were asked for */
    else if (f->variant == 11)
        json_object_set_new(one, "method", json_string("by a very long method"));
    else if (f->variant % 2)
        json_object_del(one, names[f->variant / 2]);
    else
        json_object_set_new(one, names[f->variant / 2], json_integer(1));
}

static void takes_no_malformed_list(void **state)
{
    (void)state;
    story s;
    yq_signatures list;
    begin(&s);
    s.f->history_n = 1;
    s.f->tamper = makes_an_entry_false;
    for (s.f->variant = 0; s.f->variant < 12; s.f->variant++) {
        assert_int_equal(yq_list_signatures(s.device, s.key.key, NULL, 1, &list, NULL), YQ_BAD_ANSWER);
        assert_int_equal(list.n, 0);
        assert_null(list.memory);
    }
    end(&s);
}

/* Of every text as many characters as the server takes, and every one of them escaped, as every other answer is here. */
static void makes_entries_long(fake *f, fake_call call, json_t *answer)
{
    static const struct {
        const char *name;
        size_t n;
    } texts[] = {{"title", 200},     {"description", 2000}, {"record_type", 64},
                 {"reference", 128}, {"system", 64},        {"workstation", 64}};
    (void)f;
    if (call != FAKE_HISTORY)
        return;
    json_t *list = json_object_get(answer, "signatures");
    for (size_t i = 0; i < json_array_size(list); i++)
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
            char text[3 * 2000];
            for (size_t k = 0; k < texts[j].n; k++)
                memcpy(text + 3 * k, "病", 3);
            json_object_set_new(json_array_get(list, i), texts[j].name, json_stringn(text, 3 * texts[j].n));
        }
}

static void the_longest_list_has_room(void **state)
{
    (void)state;
    story s;
    yq_signatures list;
    begin(&s);
    s.f->history_n = 200;
    s.f->tamper = makes_entries_long;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(yq_list_signatures(s.device, s.key.key, NULL, 200, &list, NULL), YQ_OK);
        assert_int_equal(list.n, 200);
        assert_int_equal(strlen(list.items[199].description), 3 * 2000);
        yq_signatures_free(&list);
    }
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_what_was_signed),     cmocka_unit_test(goes_on_behind_the_cursor),
        cmocka_unit_test(what_is_given_is_checked),  cmocka_unit_test(takes_no_malformed_list),
        cmocka_unit_test(the_longest_list_has_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
