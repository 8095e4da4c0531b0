#include "keystore/backup_seal.h"

#include "crypto/sm3.h"
#include "keystore/keystore.h"
#include "unit/keystore/key_dir.h"

static const bytes passphrase = {(const uint8_t *)"correct horse battery", 21};

static void begin(backup_header *h, backup_keys *keys)
{
    *h = (backup_header){.scope = BACKUP_ALL,
                         .id = {1, 2, 3},
                         .created_ms = 1772353800123,
                         .schema = 12,
                         .server_version = "0.1.0",
                         .log2_n = 14,
                         .r = 8,
                         .p = 1};
    assert_int_equal(backup_header_begin(h, passphrase, keys, &system_rng), ERR_OK);
}

static void a_header_comes_back(void **state)
{
    (void)state;
    uint8_t octets[BACKUP_HEADER];
    backup_header h, read;
    backup_keys keys, again;
    begin(&h, &keys);
    backup_header_write(&h, octets);
    assert_int_equal(backup_header_read(&read, octets), ERR_OK);
    assert_int_equal(read.scope, BACKUP_ALL);
    assert_memory_equal(read.id, h.id, sizeof h.id);
    assert_true(read.created_ms == h.created_ms && read.schema == 12 && read.log2_n == 14 && read.r == 8 &&
                read.p == 1);
    assert_string_equal(read.server_version, "0.1.0");
    assert_int_equal(backup_keys_make(&read, passphrase, &again), ERR_OK);
    assert_memory_equal(&again, &keys, sizeof keys);
    assert_int_equal(backup_keys_make(&read, bytes_of("correct horse batterz", 21), &again), ERR_PASSPHRASE_WRONG);
}

static void a_header_that_was_changed_is_damaged(void **state)
{
    (void)state;
    uint8_t octets[BACKUP_HEADER];
    backup_header h, read;
    backup_keys keys;
    begin(&h, &keys);
    backup_header_write(&h, octets);
    for (size_t i = 0; i < BACKUP_HEADER; i++) {
        octets[i] ^= 1;
        assert_int_equal(backup_header_read(&read, octets), ERR_BACKUP_DAMAGED);
        octets[i] ^= 1;
    }
}

/* With a digest that is right: whoever writes a file can compute one. */
static void the_work_asked_for_is_bounded(void **state)
{
    (void)state;
    static const struct {
        unsigned log2_n, r, p;
        err want;
    } cases[] = {{13, 8, 1, ERR_RANGE}, {21, 1, 1, ERR_RANGE}, {20, 2, 1, ERR_OK},     {20, 3, 1, ERR_RANGE},
                 {14, 0, 1, ERR_RANGE}, {14, 8, 0, ERR_RANGE}, {14, 8, 5, ERR_RANGE},  {14, 33, 1, ERR_RANGE},
                 {17, 8, 1, ERR_OK},    {18, 8, 1, ERR_OK},    {18, 16, 1, ERR_RANGE}, {255, 255, 255, ERR_RANGE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t octets[BACKUP_HEADER];
        backup_header h, read;
        backup_keys keys;
        begin(&h, &keys);
        backup_header_write(&h, octets);
        octets[40] = (uint8_t)cases[i].log2_n;
        octets[41] = (uint8_t)cases[i].r;
        octets[42] = (uint8_t)cases[i].p;
        sm3(octets + 128, octets, 128);
        assert_int_equal(backup_header_read(&read, octets), cases[i].want);
    }
}

static void a_chunk_has_its_place(void **state)
{
    (void)state;
    static uint8_t plain[BACKUP_CHUNK], sealed[BACKUP_FRAME + BACKUP_CHUNK + BACKUP_TAG], out[BACKUP_CHUNK];
    backup_header h;
    backup_keys keys, other;
    size_t n;
    bool last;
    begin(&h, &keys);
    begin(&h, &other);
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 7);
    const bytes whole = bytes_of(sealed, sizeof sealed);
    assert_int_equal(backup_chunk_seal(&keys, 3, false, bytes_of(plain, sizeof plain), sealed), ERR_OK);
    assert_int_equal(backup_frame_read(sealed, &n, &last), ERR_OK);
    assert_true(n == BACKUP_CHUNK && !last);
    assert_int_equal(backup_chunk_open(&keys, 3, whole, out), ERR_OK);
    assert_memory_equal(out, plain, sizeof plain);
    assert_int_equal(backup_chunk_open(&keys, 4, whole, out), ERR_BACKUP_DAMAGED);
    assert_int_equal(backup_chunk_open(&other, 3, whole, out), ERR_BACKUP_DAMAGED);
    sealed[0] ^= 0x80; /* that it is not the last one */
    assert_int_equal(backup_chunk_open(&keys, 3, whole, out), ERR_BACKUP_DAMAGED);
    sealed[0] ^= 0x80;
    sealed[77] ^= 1;
    assert_int_equal(backup_chunk_open(&keys, 3, whole, out), ERR_BACKUP_DAMAGED);
    assert_int_equal(backup_chunk_seal(&keys, 3, false, bytes_of(plain, 5), sealed), ERR_LENGTH);
    assert_int_equal(backup_chunk_seal(&keys, 3, true, bytes_of(plain, 0), sealed), ERR_OK);
    assert_int_equal(backup_chunk_open(&keys, 3, bytes_of(sealed, BACKUP_FRAME + BACKUP_TAG), out), ERR_OK);
    assert_int_equal(backup_chunk_open(&keys, 3, bytes_of(sealed, BACKUP_FRAME + BACKUP_TAG - 1), out),
                     ERR_BACKUP_DAMAGED);
    store_u32be(sealed, 5);
    assert_int_equal(backup_frame_read(sealed, &n, &last), ERR_BACKUP_DAMAGED);
    store_u32be(sealed, 0x80000000u | (BACKUP_CHUNK + 1));
    assert_int_equal(backup_frame_read(sealed, &n, &last), ERR_BACKUP_DAMAGED);
}

static err check(const char *text)
{
    return backup_passphrase_check(bytes_of_text(text));
}

static void weak_passphrases(void **state)
{
    (void)state;
    assert_int_equal(check("twelve chars"), ERR_OK);
    assert_int_equal(check("春眠不觉晓处处闻啼鸟夜来"), ERR_OK);
    assert_int_equal(check("eleven char"), ERR_PASSPHRASE_WEAK);
    assert_int_equal(check("春眠不觉晓处处闻啼鸟夜"), ERR_PASSPHRASE_WEAK); /* many bytes, few characters */
    assert_int_equal(check(""), ERR_PASSPHRASE_WEAK);
    assert_int_equal(check("aaaaaaaaaaaaaaaaaaaa"), ERR_PASSPHRASE_WEAK);
    assert_int_equal(check("鸟鸟鸟鸟鸟鸟鸟鸟鸟鸟鸟鸟鸟"), ERR_PASSPHRASE_WEAK);
    assert_int_equal(check("twelve\tchars"), ERR_PASSPHRASE_WEAK);
    assert_int_equal(check("twelve cha\xff\xff"), ERR_PASSPHRASE_WEAK);
}

static void the_master_key_comes_back(void **state)
{
    (void)state;
    uint8_t kek[32] = {7}, wrapped[KEYSTORE_WRAPPED], master[32] = {9, 8}, read[32];
    key_dir from, to;
    keystore *ks;
    key_dir_make(&from);
    key_dir_make(&to);
    key_dir_put(&from, master, sizeof master, 0600);
    assert_int_equal(keystore_open(&ks, from.dir, false, &no_rng), ERR_OK);
    assert_false(keystore_is_credential(ks));
    assert_int_equal(keystore_wrap(ks, kek, wrapped, &system_rng), ERR_OK);
    keystore_close(ks);
    for (size_t i = 0; i + sizeof master <= sizeof wrapped; i++)
        assert_memory_not_equal(wrapped + i, master, sizeof master);
    wrapped[50] ^= 1;
    assert_int_equal(keystore_unwrap_to(to.dir, kek, wrapped), ERR_DECRYPT);
    assert_int_equal(access(to.key, F_OK), -1);
    wrapped[50] ^= 1;
    assert_int_equal(keystore_unwrap_to(to.dir, kek, wrapped), ERR_OK);
    FILE *f = fopen(to.key, "rb");
    assert_int_equal(fread(read, 1, sizeof read, f), sizeof read);
    fclose(f);
    assert_memory_equal(read, master, sizeof master);
    assert_int_equal(keystore_unwrap_to(to.dir, kek, wrapped), ERR_EXISTS);
    key_dir_remove(&from);
    key_dir_remove(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_header_comes_back),
                                       cmocka_unit_test(a_header_that_was_changed_is_damaged),
                                       cmocka_unit_test(the_work_asked_for_is_bounded),
                                       cmocka_unit_test(a_chunk_has_its_place),
                                       cmocka_unit_test(weak_passphrases),
                                       cmocka_unit_test(the_master_key_comes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
