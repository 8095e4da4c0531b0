#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "service/backup_entry.h"

static void names(void **state)
{
    static const char *const fine[] = {"files/a", "files/tls/key.pem", "files/1/2/3/4/5/6", "files/backupsx",
                                       "files/x/backups"},
                             *const not [] = {"files/",
                                              "files",
                                              "a",
                                              "files//a",
                                              "files/a/",
                                              "files/.a",
                                              "files/a/.b",
                                              "files/a/../b",
                                              "files/..",
                                              "files/1/2/3/4/5/6/7",
                                              "files/yiqian.db",
                                              "files/backups/a",
                                              "files/master.key",
                                              "files/before-restore/a",
                                              "files/before-restore-2/a",
                                              "files/restore.new",
                                              "files/authorisations/x",
                                              "manifest"};
    char longest[BACKUP_NAME_MAX + 2];
    (void)state;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_true(backup_entry_is_file(fine[i]));
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (backup_entry_is_file(not [i]))
            fail_msg("%s", not [i]);
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "files/", 6);
    longest[BACKUP_NAME_MAX] = '\0';
    assert_true(backup_entry_is_file(longest));
    longest[BACKUP_NAME_MAX] = 'x';
    longest[BACKUP_NAME_MAX + 1] = '\0';
    assert_false(backup_entry_is_file(longest));
}

static void each_once(void **state)
{
    backup_entries seen = {0};
    (void)state;
    assert_int_equal(backup_entries_end(&seen), ERR_BACKUP_CONTENT);
    assert_int_equal(backup_entries_add(&seen, "manifest", 10), ERR_OK);
    assert_int_equal(backup_entries_end(&seen), ERR_BACKUP_CONTENT);
    assert_string_equal(seen.wrong, "yiqian.db is missing");
    assert_int_equal(backup_entries_add(&seen, "master-key", 32), ERR_BACKUP_CONTENT);
    assert_int_equal(backup_entries_add(&seen, "yiqian.db", 0), ERR_BACKUP_CONTENT);
    assert_int_equal(backup_entries_add(&seen, "settings.conf", BACKUP_SMALL_MAX + 1), ERR_BACKUP_CONTENT);
    assert_int_equal(backup_entries_add(&seen, "yiqian.db", UINT64_C(1) << 40), ERR_OK);
    assert_int_equal(backup_entries_end(&seen), ERR_OK);
    assert_int_equal(backup_entries_add(&seen, "yiqian.db", 1), ERR_BACKUP_CONTENT);
    assert_int_equal(backup_entries_add(&seen, "files/a/b", 0), ERR_OK);
    assert_true(backup_entries_has(&seen, "files/a/b"));
    assert_false(backup_entries_has(&seen, "files/a"));
    assert_int_equal(backup_entries_add(&seen, "files/a/b", 0), ERR_BACKUP_CONTENT);
    assert_int_equal(backup_entries_add(&seen, "files/a", 0), ERR_BACKUP_CONTENT);
    assert_int_equal(backup_entries_add(&seen, "files/a/b/c", 0), ERR_BACKUP_CONTENT);
    for (int i = 1; i < BACKUP_FILES_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "files/%d", i);
        assert_int_equal(backup_entries_add(&seen, name, 0), ERR_OK);
    }
    assert_int_equal(backup_entries_add(&seen, "files/more", 0), ERR_BACKUP_CONTENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(each_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
