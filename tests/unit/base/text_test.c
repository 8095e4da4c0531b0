#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/text.h"

static int setup(void **state)
{
    *state = arena_create(1 << 20);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static err unhex(void *out, size_t n, const char *text)
{
    return hex_decode(out, n, text, strlen(text));
}

static void hex_both_ways(void **state)
{
    uint8_t all[256], back[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    const char *text = hex_text(*state, all, sizeof all);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text, "000102030405060708090a0b0c0d0e0f10", 34);
    assert_string_equal(text + 508, "feff");
    assert_int_equal(unhex(back, sizeof back, text), ERR_OK);
    assert_memory_equal(back, all, sizeof all);
    assert_int_equal(unhex(back, 3, "aBcDeF"), ERR_OK);
    assert_memory_equal(back, "\xab\xcd\xef", 3);
    assert_int_equal(unhex(back, 0, ""), ERR_OK);
    assert_string_equal(hex_text(*state, NULL, 0), "");
}

static void hex_of_another_length(void **state)
{
    (void)state;
    uint8_t out[4];
    assert_int_equal(unhex(out, 2, ""), ERR_LENGTH);
    assert_int_equal(unhex(out, 2, "abc"), ERR_LENGTH);
    assert_int_equal(unhex(out, 2, "abcde"), ERR_LENGTH);
    assert_int_equal(unhex(out, 2, "abcdef"), ERR_LENGTH);
    assert_int_equal(unhex(out, 0, "a"), ERR_LENGTH);
    assert_int_equal(hex_decode(out, SIZE_MAX / 2 + 2, "ab", 2), ERR_LENGTH);
}

/* Every byte that is no digit, in either place. */
static void hex_takes_digits_only(void **state)
{
    (void)state;
    uint8_t out;
    for (int c = 0; c < 256; c++) {
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        char high[] = {(char)c, '0'}, low[] = {'f', (char)c};
        assert_int_equal(hex_decode(&out, 1, high, 2), digit ? ERR_OK : ERR_ENCODING);
        assert_int_equal(hex_decode(&out, 1, low, 2), digit ? ERR_OK : ERR_ENCODING);
    }
}

/* A bad digit is found wherever it stands among good ones. */
static void hex_remembers_a_bad_digit(void **state)
{
    (void)state;
    uint8_t out[8];
    for (size_t i = 0; i < 16; i++) {
        char text[] = "0123456789abcdef";
        text[i] = 'g';
        assert_int_equal(unhex(out, sizeof out, text), ERR_ENCODING);
    }
}

/* RFC 4648 10, and the two alphabets' last digits. */
static void base64_vectors(void **state)
{
    static const struct {
        const char *plain, *standard, *url;
    } vectors[] = {{"", "", ""},
                   {"f", "Zg==", "Zg"},
                   {"fo", "Zm8=", "Zm8"},
                   {"foo", "Zm9v", "Zm9v"},
                   {"foob", "Zm9vYg==", "Zm9vYg"},
                   {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                   {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                   {"\xff", "/w==", "_w"},
                   {"\xfb\xef\xbe", "++++", "----"},
                   {"\xff\xff\xff", "////", "____"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        size_t n = strlen(vectors[i].plain);
        bytes back;
        assert_string_equal(base64_text(*state, vectors[i].plain, n), vectors[i].standard);
        assert_string_equal(base64url_text(*state, vectors[i].plain, n), vectors[i].url);
        assert_int_equal(base64_decode(*state, vectors[i].standard, strlen(vectors[i].standard), &back), ERR_OK);
        assert_int_equal(back.n, n);
        assert_memory_equal(back.p, vectors[i].plain, n);
        assert_int_equal(base64url_decode(*state, vectors[i].url, strlen(vectors[i].url), &back), ERR_OK);
        assert_int_equal(back.n, n);
        assert_memory_equal(back.p, vectors[i].plain, n);
    }
}

static void base64_of_every_length(void **state)
{
    uint8_t plain[100];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(167 * i + 13);
    for (size_t n = 0; n <= sizeof plain; n++) {
        bytes back;
        const char *text = base64_text(*state, plain, n), *url = base64url_text(*state, plain, n);
        assert_int_equal(strlen(text), (n + 2) / 3 * 4);
        assert_int_equal(strlen(url), (4 * n + 2) / 3);
        assert_int_equal(base64_decode(*state, text, strlen(text), &back), ERR_OK);
        assert_true(bytes_equal(back, bytes_of(plain, n)));
        assert_int_equal(base64url_decode(*state, url, strlen(url), &back), ERR_OK);
        assert_true(bytes_equal(back, bytes_of(plain, n)));
    }
}

static void malformed_base64(void **state)
{
    static const char *const texts[] = {
        "Z",        "Zg",       "Zg=",      "Zm8",                 /* padding that is missing */
        "=",        "==",       "===",      "====",    "Z===",     /* padding alone, too much of it */
        "Zm9v====", "Zg==Zg==", "Zg==Zm9v", "Z=g=",    "=Zg=",     /* surplus, in the middle, out of place */
        "Zm9v=",    "Zm9v==",   "Zm8=Zm9v", "Zm=v",                /* */
        "Zh==",     "Zk==",     "Zo==",     "Zv==",    "Zm9=",     /* trailing bits that are not zero */
        "Zm9v\n",   "Zm9\n",    " Zm9v",    "Zm 9",    "Zm9v    ", /* white space */
        "Zm-v",     "Zm_v",     "Zm.v",     "Zm\x80v", "Zm\xffv"}; /* other alphabets */
    bytes out;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (base64_decode(*state, texts[i], strlen(texts[i]), &out) != ERR_ENCODING)
            fail_msg("taken: \"%s\"", texts[i]);
    assert_int_equal(base64_decode(*state, "Zm\0v", 4, &out), ERR_ENCODING);
}

static void malformed_base64url(void **state)
{
    static const char *const texts[] = {"Z",   "Zm9vZ", "Zg==", "Zm8=", "Zm9v=",  "=",    "Zh",     "Zv",
                                        "Zm9", "Zm+v",  "Zm/v", "Zm v", "Zm9v\n", "Zm9.", "\xffm9v"};
    bytes out;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (base64url_decode(*state, texts[i], strlen(texts[i]), &out) != ERR_ENCODING)
            fail_msg("taken: \"%s\"", texts[i]);
    assert_int_equal(base64url_decode(*state, "Zm\0v", 4, &out), ERR_ENCODING);
}

/* Each byte value is either a digit of the alphabet or refused: no two texts decode to the same bytes. */
static void the_alphabets_have_64_digits(void **state)
{
    static const char shared[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (int c = 1; c < 256; c++) {
        char text[] = {'A', (char)c, 'A', 'A'};
        bytes out;
        bool common = strchr(shared, c) != NULL;
        assert_int_equal(base64_decode(*state, text, 4, &out), common || c == '+' || c == '/' ? ERR_OK : ERR_ENCODING);
        assert_int_equal(base64url_decode(*state, text, 4, &out),
                         common || c == '-' || c == '_' ? ERR_OK : ERR_ENCODING);
    }
}

static void a_full_arena_is_no_malformed_text(void **state)
{
    (void)state;
    arena *small = arena_create(16);
    uint8_t plain[30] = {0};
    char text[41];
    bytes out;
    memset(text, 'A', 40);
    assert_null(hex_text(small, plain, 16));
    assert_null(base64_text(small, plain, 15));
    assert_null(base64url_text(small, plain, 15));
    assert_int_equal(base64_decode(small, text, 40, &out), ERR_MEMORY);
    assert_int_equal(base64url_decode(small, text, 40, &out), ERR_MEMORY);
    assert_non_null(hex_text(small, plain, 7));
    arena_destroy(small);
}

static const uint8_t id[16] = {0x01, 0x93, 0x4b, 0x7c, 0x9e, 0x0a, 0x7b, 0xcd,
                               0x8e, 0xf0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xff};
static const char id_text[] = "01934b7c-9e0a-7bcd-8ef0-123456789aff";

static void uuid_both_ways(void **state)
{
    (void)state;
    char text[UUID_TEXT];
    uint8_t back[16];
    uuid_encode(text, id);
    assert_string_equal(text, id_text);
    assert_int_equal(uuid_decode(back, text, 36), ERR_OK);
    assert_memory_equal(back, id, 16);
    memset(back, 0, sizeof back);
    assert_int_equal(uuid_decode(back, "01934B7C-9E0A-7bcd-8EF0-123456789AFF", 36), ERR_OK);
    assert_memory_equal(back, id, 16);
}

static void malformed_uuid(void **state)
{
    (void)state;
    uint8_t out[16];
    assert_int_equal(uuid_decode(out, "", 0), ERR_LENGTH);
    assert_int_equal(uuid_decode(out, id_text, 35), ERR_LENGTH);
    assert_int_equal(uuid_decode(out, "01934b7c-9e0a-7bcd-8ef0-123456789aff0", 37), ERR_LENGTH);
    assert_int_equal(uuid_decode(out, "01934b7c9e0a7bcd8ef0123456789aff", 32), ERR_LENGTH);
    assert_int_equal(uuid_decode(out, "{01934b7c-9e0a-7bcd-8ef0-123456789aff}", 38), ERR_LENGTH);
    assert_int_equal(uuid_decode(out, "01934b7c9e0a7bcd8ef0123456789aff0000", 36), ERR_ENCODING);
    assert_int_equal(uuid_decode(out, "01934b7-c9e0a-7bcd-8ef0-123456789aff", 36), ERR_ENCODING);
    for (size_t i = 0; i < 36; i++) {
        static const char wrong[] = "g-: _\x80";
        for (const char *c = wrong; *c; c++) {
            char text[UUID_TEXT];
            memcpy(text, id_text, sizeof text);
            if (text[i] == *c)
                continue;
            text[i] = *c;
            assert_int_equal(uuid_decode(out, text, 36), ERR_ENCODING);
        }
    }
}

static bool valid(const char *text)
{
    return utf8_valid(text, strlen(text));
}

static void utf8_of_every_size(void **state)
{
    (void)state;
    assert_true(utf8_valid(NULL, 0));
    assert_true(valid("plain ASCII \x7f\x01\n"));
    assert_true(valid("\xc2\x80\xdf\xbf"));                 /* U+0080, U+07FF */
    assert_true(valid("\xe0\xa0\x80\xef\xbf\xbf"));         /* U+0800, U+FFFF */
    assert_true(valid("\xed\x9f\xbf\xee\x80\x80"));         /* U+D7FF, U+E000: both sides of the surrogates */
    assert_true(valid("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")); /* U+10000, U+10FFFF */
    assert_true(valid("出院小结 𠀀"));
}

static void malformed_utf8(void **state)
{
    (void)state;
    static const char *const texts[] = {"\x80",
                                        "\xbf",
                                        "a\x80z", /* a continuation byte alone */
                                        "\xc0\x80",
                                        "\xc0\xaf",
                                        "\xc1\xbf", /* overlong, two bytes */
                                        "\xe0\x80\x80",
                                        "\xe0\x9f\xbf",
                                        "\xe0\x80\xaf", /* overlong, three */
                                        "\xf0\x80\x80\x80",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf0\x80\x80\xaf", /* overlong, four */
                                        "\xed\xa0\x80",
                                        "\xed\xbf\xbf",
                                        "\xed\xa0\xbd\xed\xb8\x80", /* surrogates */
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xf7\xbf\xbf\xbf", /* past U+10FFFF */
                                        "\xf8\x88\x80\x80\x80",
                                        "\xfc\x84\x80\x80\x80\x80",
                                        "\xfe",
                                        "\xff", /* no such bytes */
                                        "\xc2",
                                        "\xe5\x8c",
                                        "\xe5",
                                        "\xf0\xa0\x80",
                                        "\xf0\xa0",
                                        "\xf0", /* cut short */
                                        "\xc2\x41",
                                        "\xe5\x41\xbb",
                                        "\xe5\x8c\x41",
                                        "\xf0\xa0\x80\x41",
                                        "\xf0\xa0\x41\x80",
                                        "\xc2\xc2\x80",
                                        "\xe5\x8c\xc0",
                                        "\xf0\xa0\x80\xff"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (valid(texts[i]))
            fail_msg("text %zu is taken", i);
        /* The same behind and before good text. */
        char around[32] = "ok 医 ";
        strncat(around, texts[i], 8);
        assert_false(valid(around));
        strncat(around, " 签", 5);
        assert_false(valid(around));
    }
    assert_false(utf8_valid("a\0b", 3));
    assert_false(utf8_valid("\0", 1));
    /* The bytes after the end are not looked at. */
    assert_false(utf8_valid("医", 2));
    assert_true(utf8_valid("a\x80", 1));
}

static void utf8_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(utf8_length("", 0), 0);
    assert_int_equal(utf8_length("abc", 3), 3);
    assert_int_equal(utf8_length("é医𠀀a", 10), 4);
    static const size_t prefixes[] = {0, 2, 5, 9, 10, 10};
    for (size_t n = 0; n < sizeof prefixes / sizeof *prefixes; n++)
        assert_int_equal(utf8_prefix("é医𠀀a", n), prefixes[n]);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void characters_that_deceive_are_seen(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\u200bb",   "\u200f",     "x\u202e",    "\u202ay",    "\u2060",   "\u2066z",
                                      "\u2069",     "\ufeff",     "\xc2\x80",   "a\xc2\x9b",  "\xc2\x9f", "\u00ad",
                                      "\u061c",     "\u115f",     "\u1160",     "王\u2028国", "\u2029",   "\u206a",
                                      "\u206f",     "\u3164",     "\uffa0",     "\ufff9",     "\ufffb",   "\U0001d173",
                                      "\U0001d17a", "\U000e0000", "\U000e0041", "\U000e007f"};
    /* The neighbours of each, and what names are written with: a rare ideograph, a variation sequence, Mongolian. */
    static const char *const good[] = {"",
                                       "a",
                                       "王建国",
                                       "\u2019",
                                       "\u2027\u202f\u2030",
                                       "\u205f\u2070",
                                       "\ufe30",
                                       "\u2018x",
                                       "~\u00a0",
                                       "\u00ac",
                                       "\u00ae",
                                       "\u061b\u061d",
                                       "\u115e\u1161",
                                       "\u200a\u2010",
                                       "\u3163",
                                       "\u3165",
                                       "\ufefe",
                                       "\uff9f",
                                       "\uffa1",
                                       "\ufff8\ufffc",
                                       "\U0001d172",
                                       "\U0001d17b",
                                       "\U0002a6d6",
                                       "葛\U000e0100",
                                       "\u1820\u180b\u180e",
                                       "\U000dffff",
                                       "\U000e0080"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(utf8_deceptive(bad[i], strlen(bad[i])));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_false(utf8_deceptive(good[i], strlen(good[i])));
}

static void blanks_of_every_width_are_blank(void **state)
{
    (void)state;
    static const char *const blank[] = {"", " ", "\t\n", "\u00a0", "\u1680\u2000\u200a", "\u202f\u205f\u3000"};
    static const char *const seen[] = {"a", " a ", "\u3000王", "\u200b", "\u1fff", "\u3001", "0"};
    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++)
        assert_true(utf8_blank(blank[i], strlen(blank[i])));
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        assert_false(utf8_blank(seen[i], strlen(seen[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_that_deceive_are_seen),
        cmocka_unit_test(blanks_of_every_width_are_blank),
        WITH_ARENA(hex_both_ways),
        cmocka_unit_test(hex_of_another_length),
        cmocka_unit_test(hex_takes_digits_only),
        cmocka_unit_test(hex_remembers_a_bad_digit),
        WITH_ARENA(base64_vectors),
        WITH_ARENA(base64_of_every_length),
        WITH_ARENA(malformed_base64),
        WITH_ARENA(malformed_base64url),
        WITH_ARENA(the_alphabets_have_64_digits),
        cmocka_unit_test(a_full_arena_is_no_malformed_text),
        cmocka_unit_test(uuid_both_ways),
        cmocka_unit_test(malformed_uuid),
        cmocka_unit_test(utf8_of_every_size),
        cmocka_unit_test(malformed_utf8),
        cmocka_unit_test(utf8_counts_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
