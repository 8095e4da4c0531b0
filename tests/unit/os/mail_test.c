#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "os/mail.h"

static arena *memory;

static int setup(void **state)
{
    (void)state;
    memory = arena_create(8 << 20);
    return memory ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_destroy(memory);
    return 0;
}

static const char *const duty[] = {"duty@hospital.example", "it@hospital.example"};

static mail_message good(void)
{
    return (mail_message){.from = "yiqian@hospital.example",
                          .to = duty,
                          .to_n = 2,
                          .subject = "磁盘将满",
                          .text = "数据磁盘剩余空间不足。\n.\n第三行\r\n",
                          .unix_ms = INT64_C(1795892400000),
                          .id = "0190b5a0-0000-7000-8000-000000000000"};
}

static void addresses(void **state)
{
    static const char *const fine[] = {"a@b", "first.last+tag@mail.hospital.example", "x_y-z@10.example",
                                       "o'brien@b.example"};
    static const char *const poor[] = {"",
                                       "a",
                                       "@b",
                                       "a@",
                                       "a@b@c",
                                       "a b@c.example",
                                       "a@b c",
                                       "a@b\r\nc",
                                       "a\n@b",
                                       "a@b>",
                                       "<a@b>",
                                       "a,b@c.example",
                                       "a@b.",
                                       "a@.b",
                                       "a@-b",
                                       ".a@b",
                                       "a.@b",
                                       "-a@b",
                                       "\"a\"@b",
                                       "a@[10.0.0.1]",
                                       "a@b\x7f",
                                       "中@b.example",
                                       "a@中.example",
                                       "a;b@c"};
    char longest[400];
    (void)state;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_true(mail_address_valid(fine[i]));
    for (size_t i = 0; i < sizeof poor / sizeof *poor; i++)
        if (mail_address_valid(poor[i]))
            fail_msg("taken: %s", poor[i]);
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 64, "@b", 3);
    assert_true(mail_address_valid(longest));
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 65, "@b", 3);
    assert_false(mail_address_valid(longest));
    memset(longest, 'a', sizeof longest);
    longest[1] = '@';
    longest[256] = '\0';
    assert_false(mail_address_valid(longest));
}

static void hosts(void **state)
{
    static const char *const fine[] = {"smtp.hospital.example", "10.1.2.3", "fd00::25", "mail"};
    static const char *const poor[] = {"",         "a b", "a/b",   "-a",  "a-",  "a..",
                                       "http://a", "a:b", "[::1]", "a\n", "a@b", "::g"};
    (void)state;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_true(mail_host_valid(fine[i]));
    for (size_t i = 0; i < sizeof poor / sizeof *poor; i++)
        if (mail_host_valid(poor[i]))
            fail_msg("taken: %s", poor[i]);
}

/* Where the text behind the empty line begins. */
static const char *body_of(bytes whole)
{
    const char *body = strstr((const char *)whole.p, "\r\n\r\n");
    assert_non_null(body);
    return body + 4;
}

static void the_message_as_it_is_sent(void **state)
{
    mail_message m = good();
    bytes whole, text;
    char joined[1000] = "";
    (void)state;
    assert_int_equal(mail_write(memory, &m, &whole), ERR_OK);
    const char *p = (const char *)whole.p;
    assert_int_equal(strncmp(p, "Date: Sat, 28 Nov 2026 19:00:00 +0000\r\nFrom: yiqian@hospital.example\r\n", 70), 0);
    assert_non_null(strstr(p, "To: duty@hospital.example,\r\n it@hospital.example\r\n"));
    assert_non_null(strstr(p, "Message-ID: <0190b5a0-0000-7000-8000-000000000000@hospital.example>\r\n"));
    assert_non_null(strstr(p, "Subject: =?UTF-8?B?56OB55uY5bCG5ruh?=\r\n"));
    for (const char *line = body_of(whole); *line;) {
        size_t n = strcspn(line, "\r");
        assert_true(n <= 76 && line[n] == '\r' && line[n + 1] == '\n');
        strncat(joined, line, n);
        line += n + 2;
    }
    assert_int_equal(base64_decode(memory, joined, strlen(joined), &text), ERR_OK);
    assert_int_equal(text.n, strlen(m.text));
    assert_memory_equal(text.p, m.text, text.n);
}

static void a_long_subject_is_folded_between_characters(void **state)
{
    char subject[901] = "";
    mail_message m = good();
    bytes whole;
    (void)state;
    for (int i = 0; i < 300; i++)
        strcat(subject, "磁");
    m.subject = subject;
    assert_int_equal(mail_write(memory, &m, &whole), ERR_OK);
    const char *at = strstr((const char *)whole.p, "Subject: ") + 9;
    size_t words = 0, bytes_n = 0;
    while (strncmp(at, "=?UTF-8?B?", 10) == 0) {
        const char *end = strstr(at + 10, "?=");
        bytes part;
        assert_true(end + 2 - at <= 75);
        assert_int_equal(base64_decode(memory, at + 10, (size_t)(end - at - 10), &part), ERR_OK);
        assert_true(utf8_valid((const char *)part.p, part.n));
        bytes_n += part.n;
        words++;
        at = strncmp(end + 2, "\r\n ", 3) == 0 ? end + 5 : end + 2;
    }
    assert_int_equal(bytes_n, 900);
    assert_in_range(words, 22, 23);
}

static void nothing_can_be_slipped_in(void **state)
{
    bytes whole;
    mail_message m = good();
    (void)state;
    m.subject = "a\r\nBcc: x@y";
    assert_int_equal(mail_write(memory, &m, &whole), ERR_ARG);
    m = good();
    m.subject = "\xff";
    assert_int_equal(mail_write(memory, &m, &whole), ERR_UTF8);
    m = good();
    m.text = "\xc0\x80";
    assert_int_equal(mail_write(memory, &m, &whole), ERR_UTF8);
    m = good();
    m.from = "a@b\r\nX: y";
    assert_int_equal(mail_write(memory, &m, &whole), ERR_ARG);
    m = good();
    m.to = (const char *const[]){"a@b", "c@d>\r\nDATA"};
    assert_int_equal(mail_write(memory, &m, &whole), ERR_ARG);
    m = good();
    m.to_n = 0;
    assert_int_equal(mail_write(memory, &m, &whole), ERR_ARG);
    m = good();
    m.to_n = MAIL_RECIPIENTS + 1;
    assert_int_equal(mail_write(memory, &m, &whole), ERR_ARG);
    m = good();
    m.id = "a>b";
    assert_int_equal(mail_write(memory, &m, &whole), ERR_ARG);
    m = good();
    m.subject = memset(arena_alloc(memory, MAIL_SUBJECT_MAX + 2), 'a', MAIL_SUBJECT_MAX + 1);
    assert_int_equal(mail_write(memory, &m, &whole), ERR_LENGTH);
}

static err send_to(mail_server server, char words[MAIL_WORDS])
{
    char reply[MAIL_REPLY];
    mail_message m = good();
    return mail_send(memory, &server, &m, words, reply);
}

/* What a server says is a stranger's text. */
static void what_the_server_said(void **state)
{
    (void)state;
    static const char *const secrets[] = {"geheim", "AHUAZ2VoZWlt", ""};
    static const struct {
        const char *line, *shown;
    } cases[] = {{"250 2.0.0 queued as 4Xk2\r\n", "250 2.0.0 queued as 4Xk2"},
                 {"550-5.1.1 no such user\n", "550 5.1.1 no such user"},
                 {"421", "421"},
                 {"550 用户不存在", "550 用户不存在"},
                 {"550 a\x1b[31mb\tc\x7f\xc2\x85 d\xff", "550 a?[31mb?c??? d?"},
                 {"550 cut\xe7\x94", "550 cut??"},
                 {"535 5.7.8 geheim is wrong", "535"},
                 {"501 cannot decode AHUAZ2VoZWlt", "501"},
                 {"334 VXNlcm5hbWU6", ""},
                 {"5500 x", ""},
                 {"50 x", ""},
                 {"650 x", ""},
                 {"150 x", ""},
                 {"HTTP/1.1 200 OK", ""},
                 {"\r\n", ""},
                 {"", ""}};
    char out[MAIL_REPLY], longest[2 * MAIL_REPLY] = "250 ";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        mail_reply_clean(out, cases[i].line, strlen(cases[i].line), secrets, 3);
        assert_string_equal(out, cases[i].shown);
    }
    mail_reply_clean(out, "250 a\0b", 7, secrets, 3);
    assert_string_equal(out, "250 a?b");
    /* Across the cut. */
    for (size_t k = 1; k < 7; k++) {
        memset(longest, 'x', sizeof longest);
        memcpy(longest, "250 ", 4);
        memcpy(longest + MAIL_REPLY - 1 - k, "geheim", 6);
        mail_reply_clean(out, longest, sizeof longest, secrets, 3);
        assert_string_equal(out, "250");
    }
    memset(longest, 0, sizeof longest);
    memcpy(longest, "250 ", 4);
    /* Cut between characters. */
    for (size_t i = 4; i + 3 < sizeof longest; i += 3)
        memcpy(longest + i, "好", 4);
    mail_reply_clean(out, longest, strlen(longest), NULL, 0);
    assert_int_equal(strlen(out), 4 + (MAIL_REPLY - 5) / 3 * 3);
    assert_memory_equal(out, longest, strlen(out));
}

static void what_is_not_sent(void **state)
{
    char words[MAIL_WORDS];
    address_ranges deny;
    (void)state;
    assert_int_equal(address_ranges_parse(&deny, "127.0.0.0/8"), ERR_OK);
    assert_int_equal(send_to((mail_server){.host = "127.0.0.1", .port = 9, .timeout_ms = 2000}, words), ERR_TRANSPORT);
    assert_true(*words);
    assert_int_equal(send_to((mail_server){.host = "127.0.0.1", .port = 9, .deny = &deny, .timeout_ms = 2000}, words),
                     ERR_TRANSPORT);
    assert_string_equal(words, "no connection is made to this address");
    assert_int_equal(send_to((mail_server){.host = "169.254.169.254", .port = 25, .timeout_ms = 2000}, words),
                     ERR_TRANSPORT);
    assert_string_equal(words, "no connection is made to this address");
    assert_int_equal(send_to((mail_server){.host = "a b", .port = 25, .timeout_ms = 2000}, words), ERR_ARG);
    assert_int_equal(
        send_to((mail_server){.host = "127.0.0.1", .port = 9, .username = "u", .password = "p", .timeout_ms = 2000},
                words),
        ERR_ARG); /* in clear */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(hosts),
        cmocka_unit_test(the_message_as_it_is_sent),
        cmocka_unit_test(a_long_subject_is_folded_between_characters),
        cmocka_unit_test(nothing_can_be_slipped_in),
        cmocka_unit_test(what_the_server_said),
        cmocka_unit_test(what_is_not_sent),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
