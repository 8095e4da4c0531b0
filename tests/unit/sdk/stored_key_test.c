#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "crypto/sm3.h"
#include "stored_key.h"

static stored_key key, back;
static uint8_t room[YQ_RECORD_MAX];

static void reads_back_what_it_wrote(void **state)
{
    (void)state;
    size_t n;
    uint8_t *p = (uint8_t *)&key.blob;
    for (size_t i = 0; i < sizeof key.blob; i++)
        p[i] = (uint8_t)(i + 1);
    key.stage = STORED_ENROLLED;
    key.tries_left = -1;
    memset(key.server, 's', sizeof key.server - 1);
    memset(key.name, 'n', sizeof key.name - 1);
    key.subject_n = sizeof key.subject;
    for (size_t i = 0; i < STORED_CERTIFICATES; i++)
        key.certificate_n[i] = sizeof key.certificate[i];
    key.report.pending = key.report.has_task = true;
    key.fingerprint = true;
    memcpy(key.report.code, "transport_failed", 17);
    stored_key_encode(room, &n, &key);
    assert_in_range(n, 14000, YQ_RECORD_MAX);
    assert_int_equal(stored_key_decode(&back, room, n), ERR_OK);
    assert_string_equal(back.server, key.server);
    assert_string_equal(back.name, key.name);
    assert_memory_equal(back.blob.x, key.blob.x, sizeof key.blob.x);
    assert_memory_equal(back.blob.P, key.blob.P, sizeof key.blob.P);
    assert_int_equal(back.blob.iterations, key.blob.iterations);
    assert_int_equal(back.tries_left, -1);
    assert_true(back.fingerprint && !back.fingerprint_forbidden);
    assert_int_equal(back.certificate_n[2], sizeof key.certificate[2]);
    assert_true(back.report.pending && back.report.has_task && !back.report.has_sid);
    assert_string_equal(back.report.code, "transport_failed");
}

static void refuses_what_is_no_record(void **state)
{
    (void)state;
    size_t n;
    key = (stored_key){.stage = STORED_KEYED, .tries_left = 3, .server = "https://x", .name = "王建国"};
    stored_key_encode(room, &n, &key);
    assert_int_equal(stored_key_decode(&back, room, n), ERR_OK);
    assert_int_equal(back.tries_left, 3);
    for (size_t cut = 0; cut < n; cut++)
        assert_int_equal(stored_key_decode(&back, room, cut), ERR_CORRUPT);
    for (size_t i = 0; i < n; i++) {
        room[i] ^= 0x10;
        assert_int_equal(stored_key_decode(&back, room, n), ERR_CORRUPT);
        room[i] ^= 0x10;
    }
    room[n] = 0;
    assert_int_equal(stored_key_decode(&back, room, n + 1), ERR_CORRUPT);
}

/* One of an older version is told from one that can be read, whatever stands in it. */
static void knows_its_version(void **state)
{
    (void)state;
    size_t n;
    key = (stored_key){.stage = STORED_KEYED, .server = "https://x"};
    stored_key_encode(room, &n, &key);
    for (uint8_t version = 0; version < 10; version++) {
        room[7] = version;
        sm3(room + n - SM3_SIZE, room, n - SM3_SIZE);
        assert_int_equal(stored_key_decode(&back, room, n), version == 4 ? ERR_OK : ERR_CORRUPT);
    }
}

/* A record with a right sum whose inside is out of bounds: as after a fault that this program made itself. */
static void bounds_every_field(void **state)
{
    (void)state;
    size_t n;
    key = (stored_key){.stage = STORED_KEYED, .server = "https://x"};
    stored_key_encode(room, &n, &key);
    for (size_t i = 8; i + 4 <= n - SM3_SIZE; i++) {
        uint8_t saved[4];
        memcpy(saved, room + i, 4);
        memset(room + i, 0xff, 4);
        sm3(room + n - SM3_SIZE, room, n - SM3_SIZE);
        err e = stored_key_decode(&back, room, n);
        if (e == ERR_OK)
            assert_true(back.subject_n <= sizeof back.subject && back.certificate_n[0] <= STORED_CERTIFICATE_MAX &&
                        back.stage == STORED_KEYED && strlen(back.server) < sizeof back.server);
        memcpy(room + i, saved, 4);
    }
    sm3(room + n - SM3_SIZE, room, n - SM3_SIZE);
    assert_int_equal(stored_key_decode(&back, room, n), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_it_wrote),
        cmocka_unit_test(refuses_what_is_no_record),
        cmocka_unit_test(knows_its_version),
        cmocka_unit_test(bounds_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
