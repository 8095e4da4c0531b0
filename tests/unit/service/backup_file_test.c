#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/entropy.h"
#include "service/backup_file.h"
#include "unit/scratch_name.h"

static const entropy rng = {os_entropy_fill, NULL};
static const bytes passphrase = {(const uint8_t *)"correct horse battery", 21};
static atomic_bool stop;

enum { LARGE = 3 * BACKUP_CHUNK };

static void write_backup(const char *path, size_t large_n)
{
    backup_header h = {.scope = BACKUP_CONFIGURATION, .log2_n = 14, .r = 8, .p = 1};
    backup_keys keys;
    backup_writer *w;
    uint64_t size;
    uint8_t digest[32], *large = calloc(1, large_n + 1);
    for (size_t i = 0; i < large_n; i++)
        large[i] = (uint8_t)(i * 31 + i / 4096);
    unlink(path);
    assert_int_equal(backup_header_begin(&h, passphrase, &keys, &rng), ERR_OK);
    assert_int_equal(backup_writer_open(&w, path, &h, &keys, &stop), ERR_OK);
    assert_int_equal(backup_writer_put(w, "manifest", bytes_of_text("a=b\n")), ERR_OK);
    assert_int_equal(backup_writer_put(w, "large", bytes_of(large, large_n)), ERR_OK);
    assert_int_equal(backup_writer_put(w, "empty", bytes_of("", 0)), ERR_OK);
    assert_int_equal(backup_writer_finish(w, &size, digest), ERR_OK);
    backup_writer_close(w);
    free(large);
}

/* Reads all of it; what is read beyond the first entry is counted. */
static err read_backup(const char *path, uint64_t *total)
{
    static uint8_t piece[100000];
    backup_reader *r;
    char name[BACKUP_NAME_MAX + 1];
    uint64_t size;
    bool end;
    *total = 0;
    TRY(backup_reader_open(&r, path, &stop));
    err e = backup_reader_unlock(r, passphrase);
    while (e == ERR_OK) {
        size_t n = 1;
        e = backup_reader_next(r, name, &size, &end);
        if (e != ERR_OK || end)
            break;
        while (e == ERR_OK && strcmp(name, "large") == 0 && n > 0) { /* the others are passed over */
            e = backup_reader_read(r, piece, sizeof piece, &n);
            for (size_t i = 0; e == ERR_OK && i < n; i++, ++*total)
                assert_int_equal(piece[i], (uint8_t)(*total * 31 + *total / 4096));
        }
    }
    backup_reader_close(r);
    return e;
}

static void put(const char *path, const uint8_t *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

static void whole_and_cut(void **state)
{
    (void)state;
    /* Around the edges of chunks: the entries before and after take 10 + 8 + 4, 10 + 5, 10 + 5 and 1 bytes. */
    static const size_t sizes[] = {0, 1, BACKUP_CHUNK - 53, BACKUP_CHUNK - 52, BACKUP_CHUNK, LARGE};
    char dir[64], path[96];
    uint64_t total;
    scratch_name(dir, sizeof dir);
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a.yqb", dir);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_backup(path, sizes[i]);
        assert_int_equal(read_backup(path, &total), ERR_OK);
        assert_int_equal(total, sizes[i]);
    }
    FILE *f = fopen(path, "rb");
    uint8_t *all = malloc(LARGE + 4096);
    size_t n = fread(all, 1, LARGE + 4096, f);
    fclose(f);
    enum { SEALED = BACKUP_FRAME + BACKUP_CHUNK + BACKUP_TAG };
    /* Cut anywhere, also exactly behind a chunk. */
    const size_t cuts[] = {
        0, 100, BACKUP_HEADER, BACKUP_HEADER + 2, BACKUP_HEADER + SEALED, BACKUP_HEADER + 2 * SEALED - 1, n - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        put(path, all, cuts[i]);
        assert_int_equal(read_backup(path, &total), ERR_BACKUP_SHORTENED);
    }
    /* Two chunks in each other's place. */
    uint8_t *swapped = malloc(n);
    memcpy(swapped, all, n);
    memcpy(swapped + BACKUP_HEADER, all + BACKUP_HEADER + SEALED, SEALED);
    memcpy(swapped + BACKUP_HEADER + SEALED, all + BACKUP_HEADER, SEALED);
    put(path, swapped, n);
    assert_int_equal(read_backup(path, &total), ERR_BACKUP_DAMAGED);
    /* One taken away. */
    memcpy(swapped, all, BACKUP_HEADER + SEALED);
    memcpy(swapped + BACKUP_HEADER + SEALED, all + BACKUP_HEADER + 2 * SEALED, n - BACKUP_HEADER - 2 * SEALED);
    put(path, swapped, n - SEALED);
    assert_int_equal(read_backup(path, &total), ERR_BACKUP_DAMAGED);
    put(path, all, n);
    f = fopen(path, "ab");
    fputc(0, f);
    fclose(f);
    assert_int_equal(read_backup(path, &total), ERR_BACKUP_DAMAGED);
    free(swapped);
    free(all);
    unlink(path);
    assert_int_equal(rmdir(dir), 0);
}

static void stopped_and_in_the_way(void **state)
{
    (void)state;
    char dir[64], path[96], link[96];
    uint64_t total;
    backup_header h = {.scope = BACKUP_ALL, .log2_n = 14, .r = 8, .p = 1};
    backup_keys keys;
    backup_writer *w;
    scratch_name(dir, sizeof dir);
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a.yqb", dir);
    snprintf(link, sizeof link, "%s/b.yqb", dir);
    write_backup(path, 10);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(read_backup(link, &total), ERR_IO);
    assert_int_equal(backup_header_begin(&h, passphrase, &keys, &rng), ERR_OK);
    assert_int_equal(backup_writer_open(&w, path, &h, &keys, &stop), ERR_EXISTS);
    assert_int_equal(backup_writer_open(&w, link, &h, &keys, &stop), ERR_EXISTS);
    unlink(link);
    assert_int_equal(backup_writer_open(&w, link, &h, &keys, &stop), ERR_OK);
    assert_int_equal(backup_writer_put_file(w, "x", "/nonexistent/x"), ERR_NOT_FOUND);
    stop = true;
    assert_int_equal(backup_writer_put(w, "x", bytes_of("y", 1)), ERR_BUSY);
    assert_int_equal(read_backup(path, &total), ERR_BUSY);
    stop = false;
    backup_writer_close(w);
    unlink(link);
    unlink(path);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole_and_cut), cmocka_unit_test(stopped_and_in_the_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
