#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "os/large_file.h"
#include "service/backup_swap.h"
#include "unit/scratch_name.h"

typedef struct place {
    arena *arena;
    char root[64];
    const char *data;
} place;

static const char *in(place *p, const char *name)
{
    return arena_printf(p->arena, "%s/%s", p->data, name);
}

static void put(place *p, const char *name, const char *text)
{
    char *path = arena_printf(p->arena, "%s", in(p, name));
    for (char *at = strchr(path + strlen(p->data) + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        assert_int_equal(file_make_directory(path, 0700), ERR_OK);
        *at = '/';
    }
    assert_int_equal(file_write(path, text, strlen(text), 0600), ERR_OK);
}

static void is(place *p, const char *name, const char *text)
{
    bytes found;
    if (!text) {
        assert_false(file_exists(in(p, name)));
        return;
    }
    assert_int_equal(file_read(p->arena, in(p, name), 1000, &found), ERR_OK);
    assert_string_equal((const char *)found.p, text);
}

static int begin(void **state)
{
    static place p;
    p.arena = arena_create(16 << 20);
    scratch_name(p.root, sizeof p.root);
    if (!p.arena || !mkdtemp(p.root))
        return -1;
    p.data = arena_printf(p.arena, "%s/data", p.root);
    assert_int_equal(file_make_directory(p.data, 0700), ERR_OK);
    *state = &p;
    return 0;
}

static int end(void **state)
{
    place *p = *state;
    err e = large_file_remove_tree(p->root);
    arena_destroy(p->arena);
    return e == ERR_OK ? 0 : -1;
}

/* The old state, and beside it a new one. */
static void prepare(place *p)
{
    put(p, "yiqian.db", "old");
    put(p, "yiqian.db-wal", "old journal");
    put(p, "other", "untouched");
    put(p, "restore.new/content/yiqian.db", "new");
    put(p, "restore.new/content/master.key", "key");
}

static void swap(place *p)
{
    assert_int_equal(backup_swap_commit(p->arena, p->data, "before-restore", "told"), ERR_OK);
    assert_int_equal(backup_swap_finish(p->arena, p->data), ERR_OK);
    is(p, "restore.new", NULL);
    is(p, "restore.ready", NULL);
    is(p, "yiqian.db", "new");
    is(p, "yiqian.db-wal", NULL);
    is(p, "before-restore/yiqian.db", "old");
    is(p, "before-restore/yiqian.db-wal", "old journal");
    is(p, "other", "untouched");
}

/* Memory that is mounted there could not be removed, nor may the link to it: what is in it goes, also from behind the link. */
static void pads_go_and_their_directory_stays(void **state)
{
    place *p = *state;
    struct stat before, after;
    prepare(p);
    put(p, "authorisations/pad", "secret");
    put(p, "authorisations/.pad.tmp", "secret");
    assert_int_equal(stat(in(p, "authorisations"), &before), 0);
    swap(p);
    assert_int_equal(stat(in(p, "authorisations"), &after), 0);
    assert_true(before.st_ino == after.st_ino);
    is(p, "authorisations/pad", NULL);
    is(p, "authorisations/.pad.tmp", NULL);
}

static void pads_behind_a_link(void **state)
{
    place *p = *state;
    struct stat link;
    prepare(p);
    put(p, "../memory/pad", "secret");
    assert_int_equal(symlink(in(p, "../memory"), in(p, "authorisations")), 0);
    swap(p);
    is(p, "../memory/pad", NULL);
    assert_int_equal(lstat(in(p, "authorisations"), &link), 0);
    assert_true(S_ISLNK(link.st_mode));
}

static void pads_behind_a_link_that_leads_nowhere(void **state)
{
    place *p = *state;
    prepare(p);
    assert_int_equal(symlink(in(p, "../nowhere"), in(p, "authorisations")), 0);
    swap(p);
}

/* More names than one read of a directory gives. */
static void every_file_comes_along(void **state)
{
    enum { FILES = 200 };
    place *p = *state;
    prepare(p);
    for (int i = 0; i < FILES; i++) {
        int fd;
        char name[300];
        snprintf(name, sizeof name, "restore.new/content/tls/%d-%0200d", i, 0);
        if (i == 0)
            put(p, name, "");
        else if (large_file_create(&fd, in(p, name)) == ERR_OK)
            large_file_close(fd);
    }
    swap(p);
    for (int i = 0; i < FILES; i += 7) {
        char name[300];
        snprintf(name, sizeof name, "tls/%d-%0200d", i, 0);
        is(p, name, "");
    }
}

/* What the moving does not know of is not destroyed. */
static void what_it_does_not_move_is_not_removed(void **state)
{
    place *p = *state;
    prepare(p);
    put(p, "restore.new/content/.hidden", "x");
    assert_int_equal(backup_swap_commit(p->arena, p->data, "before-restore", "told"), ERR_OK);
    assert_int_equal(backup_swap_finish(p->arena, p->data), ERR_EXISTS);
    is(p, "restore.ready/content/.hidden", "x");
    assert_int_equal(file_remove(in(p, "restore.ready/content/.hidden")), ERR_OK);
    backup_swap_found found;
    bytes note;
    assert_int_equal(backup_swap_resume(p->arena, p->data, &found, &note), ERR_OK);
    assert_string_equal((const char *)note.p, "told");
    assert_int_equal(found, BACKUP_SWAP_FINISHED);
    is(p, "restore.ready", NULL);
    is(p, "yiqian.db", "new");
}

/* A file, or a link, where a directory comes; a directory where a file comes. */
static void other_kinds_in_the_way(void **state)
{
    place *p = *state;
    prepare(p);
    put(p, "restore.new/content/tls/key", "new key");
    put(p, "restore.new/content/link/key", "new key");
    put(p, "restore.new/content/plain", "new plain");
    put(p, "tls", "old file");
    put(p, "../elsewhere/key", "of somebody else");
    assert_int_equal(symlink(in(p, "../elsewhere"), in(p, "link")), 0);
    put(p, "plain/inner", "old inner");
    swap(p);
    is(p, "tls/key", "new key");
    is(p, "link/key", "new key");
    is(p, "plain", "new plain");
    is(p, "before-restore/tls", "old file");
    is(p, "before-restore/plain/inner", "old inner");
    is(p, "../elsewhere/key", "of somebody else");
}

/* As an older program may leave it: nothing in it and no plan is nothing to do; something, and no plan, is for people. */
static void an_empty_one_without_a_plan_goes(void **state)
{
    place *p = *state;
    backup_swap_found found;
    bytes note;
    put(p, "yiqian.db", "old");
    assert_int_equal(file_make_directory(in(p, "restore.ready"), 0700), ERR_OK);
    assert_int_equal(file_make_directory(in(p, "restore.ready/content"), 0700), ERR_OK);
    assert_int_equal(backup_swap_resume(p->arena, p->data, &found, &note), ERR_OK);
    is(p, "restore.ready", NULL);
    is(p, "yiqian.db", "old");
    put(p, "restore.ready/content/yiqian.db", "new");
    assert_int_equal(backup_swap_resume(p->arena, p->data, &found, &note), ERR_EXISTS);
    is(p, "restore.ready/content/yiqian.db", "new");
    is(p, "yiqian.db", "old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_one_without_a_plan_goes, begin, end),
        cmocka_unit_test_setup_teardown(pads_go_and_their_directory_stays, begin, end),
        cmocka_unit_test_setup_teardown(pads_behind_a_link, begin, end),
        cmocka_unit_test_setup_teardown(pads_behind_a_link_that_leads_nowhere, begin, end),
        cmocka_unit_test_setup_teardown(every_file_comes_along, begin, end),
        cmocka_unit_test_setup_teardown(what_it_does_not_move_is_not_removed, begin, end),
        cmocka_unit_test_setup_teardown(other_kinds_in_the_way, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
