#include "fixture.h"
#include "os/entropy.h"

static err create(fixture *f, const char *staff_no, const char *name, const char *const *departments, size_t n,
                  user *out)
{
    return user_create(
        fixture_call(f, "user.create"),
        &(user_request){.staff_no = staff_no, .name = name, .departments = departments, .departments_n = n}, out);
}

static void a_user_is_kept_as_given(void **state)
{
    fixture *f = *state;
    static const char *const departments[] = {"心内科", "急诊"};
    user made, read;
    assert_int_equal(create(f, "D1001", "王建国", departments, 2, &made), ERR_OK);
    assert_int_equal(user_get(fixture_call(f, NULL), made.id, &read), ERR_OK);
    assert_string_equal(read.staff_no, "D1001");
    assert_string_equal(read.name, "王建国");
    assert_string_equal(read.state, "active");
    assert_int_equal(read.departments_n, 2);
    assert_string_equal(read.departments[0], "心内科");
    assert_string_equal(read.departments[1], "急诊");
    assert_int_equal(read.created_ms, f->now_ms);
    audit_entry last = fixture_last_audit(f);
    assert_string_equal(last.event, "user.create");
    assert_string_equal(last.outcome, "ok");
    assert_string_equal(last.detail, "staff_no=D1001");
}

static void a_staff_number_is_taken_once(void **state)
{
    fixture *f = *state;
    user u;
    assert_int_equal(create(f, "D1001", "王建国", NULL, 0, &u), ERR_OK);
    assert_int_equal(create(f, "D1001", "李秀英", NULL, 0, &u), ERR_USER_EXISTS);
    assert_string_equal(f->c.fault.field, "staff_no");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM app_user"), 1);
    assert_false(f->c.recorded);
}

static void wrong_staff_numbers_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const bad[] = {
        "",    "D 1001", "工号1", "D1001\n",
        "D_1", "D1*",    "D@1",   "12345678901234567890123456789012345678901234567890123456789012345"};
    user u;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err e = create(f, bad[i], "王建国", NULL, 0, &u);
        assert_true(e == ERR_FIELD_VALUE || e == ERR_FIELD_LENGTH);
        assert_string_equal(f->c.fault.field, "staff_no");
    }
    assert_int_equal(create(f, "1234567890123456789012345678901234567890123456789012345678901234", "甲", NULL, 0, &u),
                     ERR_OK);
    assert_int_equal(create(f, "A.b-1/2:3", "甲", NULL, 0, &u), ERR_OK);
}

static void wrong_names_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const bad[] = {"", " 王", "王 ", "王\t建国", "\x7f", "\xe7\x8e", "\xc0\x80"};
    user u;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_not_equal(create(f, "D1001", bad[i], NULL, 0, &u), ERR_OK);
        assert_string_equal(f->c.fault.field, "name");
    }
    char name[3 * 65 + 1] = "";
    for (size_t i = 0; i < 64; i++)
        strcat(name, "王");
    assert_int_equal(create(f, "D1001", name, NULL, 0, &u), ERR_OK);
    strcat(name, "王");
    assert_int_equal(create(f, "D1002", name, NULL, 0, &u), ERR_FIELD_LENGTH);
}

static void departments_are_few_and_different(void **state)
{
    fixture *f = *state;
    const char *departments[17];
    for (size_t i = 0; i < 17; i++) {
        departments[i] = arena_printf(f->arena, "科室%zu", i);
        assert_non_null(departments[i]);
    }
    user u;
    assert_int_equal(create(f, "D1", "甲", departments, 17, &u), ERR_FIELD_LENGTH);
    assert_int_equal(create(f, "D1", "甲", departments, 16, &u), ERR_OK);
    assert_int_equal(u.departments_n, 16);
    departments[3] = departments[1];
    assert_int_equal(create(f, "D2", "甲", departments, 5, &u), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "departments[3]");
    departments[2] = "";
    assert_int_equal(create(f, "D2", "甲", departments, 3, &u), ERR_FIELD_LENGTH);
    assert_string_equal(f->c.fault.field, "departments[2]");
}

static void an_update_changes_what_is_given(void **state)
{
    fixture *f = *state;
    static const char *const other[] = {"呼吸科"};
    user u = fixture_user(f, "D1001", "王建国");
    f->now_ms += 1000;
    assert_int_equal(user_update(fixture_call(f, "user.update"), u.id, &(user_change){.state = "suspended"}, &u),
                     ERR_OK);
    assert_string_equal(u.state, "suspended");
    assert_string_equal(u.name, "王建国");
    assert_int_equal(u.departments_n, 1);
    assert_int_equal(u.updated_ms, f->now_ms);
    assert_string_equal(fixture_last_audit(f).detail, "state=suspended");
    assert_string_equal(u.updated_by, "operator:uid:1000");
    /* In the console the operator is a person: called by his name. */
    user operator= fixture_user(f, "OP1", "赵敏");
    call *c = fixture_call(f, "user.update");
    memcpy(c->actor_id, operator.id, 16);
    assert_int_equal(user_update(c, u.id, &(user_change){.state = "suspended"}, &u), ERR_OK);
    assert_string_equal(u.updated_by, "赵敏");
    user_change change = {.name = "王建军", .has_departments = true, .departments = other, .departments_n = 1};
    assert_int_equal(user_update(fixture_call(f, "user.update"), u.id, &change, &u), ERR_OK);
    assert_string_equal(u.state, "suspended");
    assert_string_equal(u.name, "王建军");
    assert_string_equal(u.departments[0], "呼吸科");
    change = (user_change){.has_departments = true};
    assert_int_equal(user_update(fixture_call(f, "user.update"), u.id, &change, &u), ERR_OK);
    assert_int_equal(u.departments_n, 0);
}

static void wrong_updates_are_refused(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    user u = fixture_user(f, "D1001", "王建国");
    assert_int_equal(user_update(fixture_call(f, "user.update"), nobody, &(user_change){.name = "甲"}, &u),
                     ERR_USER_NOT_FOUND);
    u = fixture_user(f, "D1002", "李秀英");
    assert_int_equal(user_update(fixture_call(f, "user.update"), u.id, &(user_change){.state = "deleted"}, &u),
                     ERR_FIELD_VALUE);
    assert_int_equal(user_update(fixture_call(f, "user.update"), u.id, &(user_change){.name = ""}, &u),
                     ERR_FIELD_LENGTH);
    assert_int_equal(user_get(fixture_call(f, NULL), nobody, &u), ERR_USER_NOT_FOUND);
}

static size_t count(fixture *f, user_filter filter, const user **users)
{
    size_t n;
    if (filter.limit == 0)
        filter.limit = USER_PAGE;
    assert_int_equal(user_list(fixture_call(f, NULL), &filter, users, &n), ERR_OK);
    return n;
}

static void people_are_found_by_part_of_name_or_number(void **state)
{
    fixture *f = *state;
    const user *found;
    fixture_user(f, "D1001", "王建国");
    fixture_user(f, "n2001", "Wang Li");
    fixture_user(f, "N/2=", "李建");
    assert_int_equal(count(f, (user_filter){.q = "建"}, &found), 2);
    assert_int_equal(count(f, (user_filter){.q = "wANG"}, &found), 1);
    assert_int_equal(count(f, (user_filter){.q = "N2"}, &found), 1);
    assert_string_equal(found[0].staff_no, "n2001");
    /* Characters that mean something to LIKE are themselves. */
    assert_int_equal(count(f, (user_filter){.q = "%"}, &found), 0);
    assert_int_equal(count(f, (user_filter){.q = "_"}, &found), 0);
    assert_int_equal(count(f, (user_filter){.q = "!"}, &found), 0);
    assert_int_equal(count(f, (user_filter){.q = "' OR 1=1 --"}, &found), 0);
    assert_int_equal(count(f, (user_filter){.staff_no = "D1001"}, &found), 1);
    assert_int_equal(count(f, (user_filter){.staff_no = "d1001"}, &found), 0);
}

/* A business system, past its use case. */
static void system_of(fixture *f, const char *name, uint8_t id[16])
{
    assert_int_equal(uuid7_create(id), ERR_OK);
    fixture_write(
        f, "INSERT INTO system (id, name, scopes, state, created_at) VALUES ($1, $2, 'tasks users', 'active', $3)",
        (store_value[]){store_id(id), store_text(name), store_int(f->now_ms)}, 3);
}

static user_alias alias_of(const uint8_t system[16], const char *external_id)
{
    user_alias a = {.external_id = external_id};
    memcpy(a.system_id, system, 16);
    return a;
}

static void aliases_are_unique_in_their_system(void **state)
{
    fixture *f = *state;
    uint8_t his[16], lis[16], none[16] = {9};
    system_of(f, "HIS", his);
    system_of(f, "LIS", lis);
    user a = fixture_user(f, "D1", "甲"), b = fixture_user(f, "D2", "乙"), u;
    const user_alias two[] = {alias_of(his, "1001"), alias_of(lis, "1001")};
    user_change change = {.has_aliases = true, .aliases = two, .aliases_n = 2};
    assert_int_equal(user_update(fixture_call(f, "user.update"), a.id, &change, &a), ERR_OK);
    assert_int_equal(a.aliases_n, 2);
    assert_string_equal(a.aliases[0].system, "HIS");
    assert_string_equal(a.aliases[1].external_id, "1001");
    assert_int_equal(user_update(fixture_call(f, "user.update"), b.id, &change, &u), ERR_EXISTS);
    assert_string_equal(f->c.fault.field, "aliases");
    user_request request = {.staff_no = "D3", .name = "丙", .aliases = two, .aliases_n = 1};
    assert_int_equal(user_create(fixture_call(f, "user.create"), &request, &u), ERR_EXISTS);
    assert_string_equal(f->c.fault.field, "aliases");
    const user_alias unknown = alias_of(none, "1");
    request = (user_request){.staff_no = "D3", .name = "丙", .aliases = &unknown, .aliases_n = 1};
    assert_int_equal(user_create(fixture_call(f, "user.create"), &request, &u), ERR_SYSTEM_NOT_FOUND);
    change.aliases = &unknown;
    change.aliases_n = 1;
    assert_int_equal(user_update(fixture_call(f, "user.update"), b.id, &change, &u), ERR_SYSTEM_NOT_FOUND);
    /* A system says its own ids, and those alone. */
    const user_alias mine = alias_of(his, "77");
    change.aliases = &mine;
    assert_int_equal(user_update(fixture_call_as_system(f, "user.update", his), a.id, &change, &a), ERR_OK);
    assert_int_equal(a.aliases_n, 2);
    assert_string_equal(a.aliases[0].external_id, "77");
    assert_string_equal(a.aliases[1].external_id, "1001");
    assert_int_equal(user_update(fixture_call_as_system(f, "user.update", lis), a.id, &change, &u), ERR_FORBIDDEN);
    assert_string_equal(f->c.fault.field, "aliases[0].system");
    change.aliases_n = 0;
    assert_int_equal(user_update(fixture_call(f, "user.update"), a.id, &change, &a), ERR_OK);
    assert_int_equal(a.aliases_n, 0);
}

static void attributes_take_each_others_place(void **state)
{
    fixture *f = *state;
    const user_attribute two[] = {{"title", "主任医师"}, {"执业证书", "1100"}},
                         other[] = {{"title", "副主任医师"}, {"empty", ""}};
    user u;
    user_request request = {.staff_no = "D1", .name = "甲", .attributes = two, .attributes_n = 2};
    assert_int_equal(user_create(fixture_call(f, "user.create"), &request, &u), ERR_OK);
    assert_int_equal(u.attributes_n, 2);
    assert_string_equal(u.attributes[0].name, "title");
    assert_string_equal(u.attributes[0].value, "主任医师");
    user_change change = {.has_attributes = true, .attributes = other, .attributes_n = 2};
    assert_int_equal(user_update(fixture_call(f, "user.update"), u.id, &change, &u), ERR_OK);
    assert_int_equal(u.attributes_n, 1);
    assert_string_equal(u.attributes[0].value, "副主任医师");
    assert_string_equal(fixture_last_audit(f).detail, "attributes ");
}

static void people_are_found_by_department_state_and_alias(void **state)
{
    fixture *f = *state;
    static const char *const two[] = {"心内科", "急诊"}, *const one[] = {"急诊"};
    const user *found;
    uint8_t his[16];
    user a, b, c;
    system_of(f, "HIS", his);
    assert_int_equal(create(f, "D1", "甲", two, 2, &a), ERR_OK);
    assert_int_equal(create(f, "D2", "乙", one, 1, &b), ERR_OK);
    assert_int_equal(create(f, "D3", "丙", NULL, 0, &c), ERR_OK);
    const user_alias alias = alias_of(his, "HIS-77");
    user_change change = {.state = "suspended", .has_aliases = true, .aliases = &alias, .aliases_n = 1};
    assert_int_equal(user_update(fixture_call(f, "user.update"), b.id, &change, &b), ERR_OK);
    assert_int_equal(count(f, (user_filter){.department = "急诊"}, &found), 2);
    assert_string_equal(found[0].staff_no, "D1");
    assert_int_equal(found[0].departments_n, 2);
    assert_int_equal(count(f, (user_filter){.department = "急诊", .state = "active"}, &found), 1);
    assert_int_equal(count(f, (user_filter){.department = "急"}, &found), 0);
    assert_int_equal(count(f, (user_filter){.department = "急诊", .has_after = true, .q = "乙"}, &found), 1);
    assert_int_equal(count(f, (user_filter){.state = "suspended"}, &found), 1);
    assert_string_equal(found[0].aliases[0].external_id, "HIS-77");
    assert_int_equal(count(f, (user_filter){.q = "his-7"}, &found), 1);
    assert_int_equal(count(f, (user_filter){.q = "心内"}, &found), 1);
    assert_int_equal(count(f, (user_filter){.q = ""}, &found), 3);
    assert_int_equal(count(f, (user_filter){.staff_no = "D2", .state = "active"}, &found), 0);
    assert_int_equal(count(f, (user_filter){.staff_no = "D2", .department = "急诊"}, &found), 1);
    assert_int_equal(count(f, (user_filter){.staff_no = "D2", .department = "心内科"}, &found), 0);
    user_filter filter = {.department = "急诊", .limit = 1};
    assert_int_equal(count(f, filter, &found), 1);
    filter.has_after = true;
    memcpy(filter.after, found[0].id, 16);
    assert_int_equal(count(f, filter, &found), 1);
    assert_string_equal(found[0].staff_no, "D2");
    size_t n;
    filter = (user_filter){.state = "gone", .limit = 1};
    assert_int_equal(user_list(fixture_call(f, NULL), &filter, &found, &n), ERR_FIELD_VALUE);
    char q[66];
    memset(q, 'a', 65);
    q[65] = '\0';
    filter = (user_filter){.q = q, .limit = 1};
    assert_int_equal(user_list(fixture_call(f, NULL), &filter, &found, &n), ERR_FIELD_LENGTH);
}

/* More than are asked about at once (service/user_read.c). */
static void a_long_listing_has_everybodys_own(void **state)
{
    fixture *f = *state;
    const user *found;
    for (int i = 0; i < 50; i++) {
        const char *departments[] = {arena_printf(f->arena, "科%d", i)};
        const user_attribute attribute = {"nr", arena_printf(f->arena, "%d", i)};
        user_request r = {.staff_no = arena_printf(f->arena, "D%02d", i),
                          .name = "甲",
                          .departments = departments,
                          .departments_n = 1,
                          .attributes = &attribute,
                          .attributes_n = 1};
        user u;
        assert_int_equal(user_create(fixture_call(f, "user.create"), &r, &u), ERR_OK);
    }
    assert_int_equal(count(f, (user_filter){0}, &found), 50);
    for (int i = 0; i < 50; i++) {
        assert_string_equal(found[i].departments[0], arena_printf(f->arena, "科%d", i));
        assert_string_equal(found[i].attributes[0].value, arena_printf(f->arena, "%d", i));
    }
}

static void pages_follow_each_other(void **state)
{
    fixture *f = *state;
    const user *page;
    for (int i = 0; i < 5; i++) {
        const char *departments[] = {arena_printf(f->arena, "科%d", i), "公共"};
        user u;
        assert_int_equal(create(f, arena_printf(f->arena, "D%d", i), "甲", departments, (size_t)i % 3, &u), ERR_OK);
    }
    user_filter filter = {.limit = 2};
    size_t seen = 0;
    uint8_t ids[5][16];
    for (size_t n; (n = count(f, filter, &page)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            memcpy(ids[seen], page[i].id, 16);
            assert_int_equal(page[i].departments_n, strtol(page[i].staff_no + 1, NULL, 10) % 3);
            if (page[i].departments_n == 2)
                assert_string_equal(page[i].departments[1], "公共");
            seen++;
        }
        filter.has_after = true;
        memcpy(filter.after, page[n - 1].id, 16);
    }
    assert_int_equal(seen, 5);
    for (size_t i = 1; i < seen; i++)
        assert_true(memcmp(ids[i - 1], ids[i], 16) < 0);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_user_is_kept_as_given),
        WITH_FIXTURE(a_staff_number_is_taken_once),
        WITH_FIXTURE(wrong_staff_numbers_are_refused),
        WITH_FIXTURE(wrong_names_are_refused),
        WITH_FIXTURE(departments_are_few_and_different),
        WITH_FIXTURE(an_update_changes_what_is_given),
        WITH_FIXTURE(wrong_updates_are_refused),
        WITH_FIXTURE(people_are_found_by_part_of_name_or_number),
        WITH_FIXTURE(aliases_are_unique_in_their_system),
        WITH_FIXTURE(attributes_take_each_others_place),
        WITH_FIXTURE(people_are_found_by_department_state_and_alias),
        WITH_FIXTURE(a_long_listing_has_everybodys_own),
        WITH_FIXTURE(pages_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
