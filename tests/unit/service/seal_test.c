#include "service/seal.h"

#include "fixture.h"
#include "unit/doc/seal_png.h"

static err put(fixture *f, const user *u, int64_t version, bytes picture, seal *out)
{
    return seal_put(fixture_call(f, "seal.upload"), u->id, version, picture, out);
}

static void without_a_picture_it_is_drawn(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    seal s;
    user u = fixture_user(f, "D1", "王建国");
    assert_int_equal(seal_get(fixture_call(f, NULL), u.id, &s), ERR_OK);
    assert_true(s.drawn);
    assert_int_equal(s.version, 0);
    assert_memory_equal(s.picture.p, "<svg ", 5);
    assert_int_equal(seal_get(fixture_call(f, NULL), nobody, &s), ERR_USER_NOT_FOUND);
}

static void a_picture_takes_the_place_of_the_drawing_and_goes(void **state)
{
    fixture *f = *state;
    seal s;
    user u = fixture_user(f, "D1", "王建国");
    assert_int_equal(put(f, &u, 0, seal_png(f->arena, 40, 30, PNG_FORMAT_RGBA), &s), ERR_OK);
    assert_false(s.drawn);
    assert_int_equal(s.version, 1);
    assert_int_equal(s.width, 40);
    assert_int_equal(s.height, 30);
    assert_int_equal(s.updated_ms, f->now_ms);
    assert_memory_equal(s.picture.p, "\x89PNG", 4);
    audit_entry last = fixture_last_audit(f);
    assert_string_equal(last.event, "seal.upload");
    assert_int_equal(strncmp(last.detail, "40x30 bytes=", 12), 0);
    assert_int_equal(user_get(fixture_call(f, NULL), u.id, &u), ERR_OK);
    assert_int_equal(u.seal_version, 1);
    assert_int_equal(seal_remove(fixture_call(f, "seal.remove"), u.id, 0), ERR_OK);
    assert_int_equal(seal_get(fixture_call(f, NULL), u.id, &s), ERR_OK);
    assert_true(s.drawn);
    assert_int_equal(user_get(fixture_call(f, NULL), u.id, &u), ERR_OK);
    assert_int_equal(u.seal_version, 0);
    assert_int_equal(seal_remove(fixture_call(f, "seal.remove"), u.id, 0), ERR_NOT_FOUND);
    /* A version is never given out twice. */
    assert_int_equal(put(f, &u, 0, seal_png(f->arena, 40, 30, PNG_FORMAT_RGBA), &s), ERR_OK);
    assert_int_equal(s.version, 3);
}

static void an_older_version_is_not_replaced(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    seal s;
    bytes picture = seal_png(f->arena, 40, 30, PNG_FORMAT_RGBA);
    user u = fixture_user(f, "D1", "王建国"), none = {.id = {1}};
    assert_int_equal(put(f, &u, 1, picture, &s), ERR_STALE); /* there is none yet */
    assert_int_equal(put(f, &u, 0, picture, &s), ERR_OK);
    assert_int_equal(put(f, &u, 1, picture, &s), ERR_OK);
    assert_int_equal(put(f, &u, 1, picture, &s), ERR_STALE);
    assert_int_equal(seal_remove(fixture_call(f, "seal.remove"), u.id, 1), ERR_STALE);
    assert_int_equal(seal_remove(fixture_call(f, "seal.remove"), u.id, 2), ERR_OK);
    assert_int_equal(put(f, &none, 0, picture, &s), ERR_USER_NOT_FOUND);
    assert_int_equal(seal_remove(fixture_call(f, "seal.remove"), nobody, 0), ERR_USER_NOT_FOUND);
}

static void a_refusal_says_why_and_leaves_what_there_is(void **state)
{
    fixture *f = *state;
    seal s;
    user u = fixture_user(f, "D1", "王建国");
    assert_int_equal(put(f, &u, 0, seal_png(f->arena, 40, 30, PNG_FORMAT_RGBA), &s), ERR_OK);
    assert_int_equal(put(f, &u, 0, bytes_of_text("GIF89a"), &s), ERR_PICTURE);
    assert_non_null(strstr(f->c.fault.detail, "not a PNG"));
    assert_int_equal(seal_get(fixture_call(f, NULL), u.id, &s), ERR_OK);
    assert_int_equal(s.version, 1);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(without_a_picture_it_is_drawn),
        WITH_FIXTURE(a_picture_takes_the_place_of_the_drawing_and_goes),
        WITH_FIXTURE(an_older_version_is_not_replaced),
        WITH_FIXTURE(a_refusal_says_why_and_leaves_what_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
