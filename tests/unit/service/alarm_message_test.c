#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service/alarm_message.h"

static const uint8_t id[16] = {1, 2, 3};
static arena *memory;

static int setup(void **state)
{
    (void)state;
    memory = arena_create(4 << 20);
    return memory ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_destroy(memory);
    return 0;
}

static alarm_news news(const char *event, const char *severity)
{
    return (alarm_news){event,
                        {.kind = "disk.space",
                         .subject = "",
                         .check = check_find("disk.space"),
                         .severity = severity,
                         .state = "open",
                         .value = "1.2 GiB",
                         .opened_ms = INT64_C(1795892400000)}};
}

static alarm_message message(const alarm_news *told, size_t n, int64_t total)
{
    return (alarm_message){.id = id,
                           .organisation = "示例医院",
                           .node = "node-a",
                           .console_url = "https://sign.hospital.example",
                           .news = told,
                           .n = n,
                           .total = total,
                           .at_ms = INT64_C(1795892460000),
                           .zone_minutes = 480};
}

static void one_alarm_by_mail(void **state)
{
    const alarm_news told = news("opened", "critical");
    const char *subject, *text;
    alarm_message m = message(&told, 1, 1);
    (void)state;
    assert_int_equal(alarm_message_mail(memory, &m, true, &subject, &text), ERR_OK);
    assert_string_equal(subject, "[医签 示例医院] 严重: 数据磁盘剩余空间");
    assert_non_null(strstr(text, "【严重】数据磁盘剩余空间：1.2 GiB"));
    assert_non_null(strstr(text, "2026-11-29 03:00:00")); /* the hospital's time */
    assert_non_null(strstr(text, "扩大磁盘"));
    assert_non_null(strstr(text, "https://sign.hospital.example/console/#/alarms"));
    assert_int_equal(alarm_message_mail(memory, &m, false, &subject, &text), ERR_OK);
    assert_string_equal(subject, "[yiqian 示例医院] CRITICAL: Free space where the data is");
    assert_non_null(strstr(text, "what to do: Remove old logs"));
}

static void a_storm_and_what_is_over(void **state)
{
    const alarm_news told[] = {news("opened", "warning"), news("closed", "critical")};
    const char *subject, *text;
    alarm_message m = message(told, 2, 70);
    (void)state;
    assert_int_equal(alarm_message_mail(memory, &m, false, &subject, &text), ERR_OK);
    assert_string_equal(subject, "[yiqian 示例医院] 70 alarms: Free space where the data is and others");
    assert_non_null(strstr(text, "[WARNING]"));
    assert_non_null(strstr(text, "[OVER]"));
    assert_non_null(strstr(text, "68 more"));
    m = message(NULL, 0, 0);
    m.test = true;
    assert_int_equal(alarm_message_mail(memory, &m, true, &subject, &text), ERR_OK);
    assert_non_null(strstr(subject, "测试邮件"));
}

static void as_json(void **state)
{
    alarm_news told = news("opened", "critical");
    bytes body;
    (void)state;
    told.alarm.subject = "a\"b\\c\n";
    told.alarm.check = NULL; /* of a program that had other checks */
    alarm_message m = message(&told, 1, 1);
    assert_int_equal(alarm_message_json(memory, &m, &body), ERR_OK);
    assert_string_equal(
        (const char *)body.p,
        "{\"id\":\"01020300-0000-0000-0000-000000000000\",\"event\":\"alarms\",\"organisation\":\"示例医院\","
        "\"node\":\"node-a\",\"happened_at\":\"2026-11-28T19:01:00.000Z\",\"total\":1,\"alarms\":[{\"event\":"
        "\"opened\",\"alarm\":\"00000000-0000-0000-0000-000000000000\",\"kind\":\"disk.space\",\"subject\":"
        "\"a\\\"b\\\\c\\u000a\",\"severity\":\"critical\",\"name_zh\":\"disk.space\",\"name_en\":\"disk.space\","
        "\"value\":\"1.2 GiB\",\"opened_at\":\"2026-11-28T19:00:00.000Z\",\"closed_at\":null}]}");
    m.test = true;
    m.n = 0;
    assert_int_equal(alarm_message_json(memory, &m, &body), ERR_OK);
    assert_non_null(strstr((const char *)body.p, "\"event\":\"test\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_alarm_by_mail),
        cmocka_unit_test(a_storm_and_what_is_over),
        cmocka_unit_test(as_json),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
