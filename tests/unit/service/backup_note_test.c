#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service/backup_note.h"

static void there_and_back(void **state)
{
    arena *a = arena_create(1 << 16);
    backup_restored in = {.header = {.scope = BACKUP_ALL, .created_ms = 1772000000123},
                          .aside = "/x/before-restore-2",
                          .has_settings = true,
                          .keys = 12,
                          .authorisations = 3,
                          .refreshed = -1,
                          .carried_known = true},
                    out;
    (void)state;
    memset(in.header.id, 7, sizeof in.header.id);
    memset(in.digest, 0xa5, sizeof in.digest);
    for (int i = 0; i < BACKUP_CARRIED_KINDS; i++)
        in.carried[i] = i * 100;
    const char *note = backup_note_write(a, &in);
    assert_non_null(note);
    assert_true(strlen(note) <= BACKUP_NOTE_MAX);
    assert_int_equal(backup_note_read(a, "/y", bytes_of_text(note), &out), ERR_OK);
    assert_string_equal(out.aside, "/y/before-restore-2");
    out.aside = in.aside;
    assert_memory_equal(&out.header, &in.header, sizeof in.header);
    assert_memory_equal(out.digest, in.digest, sizeof in.digest);
    assert_memory_equal(out.carried, in.carried, sizeof in.carried);
    assert_true(out.has_settings && !out.credential && out.carried_known);
    assert_true(out.keys == 12 && out.authorisations == 3 && out.refreshed == -1);
    in.aside = NULL;
    assert_int_equal(backup_note_read(a, "/y", bytes_of_text(backup_note_write(a, &in)), &out), ERR_OK);
    assert_null(out.aside);
    /* Cut anywhere it is none, but for a last number that is shorter. */
    size_t n = strlen(note);
    for (size_t i = 0; i < n - 2; i++)
        assert_int_equal(backup_note_read(a, "/y", bytes_of(note, i), &out), ERR_CORRUPT);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
