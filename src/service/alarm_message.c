#include "service/alarm_message.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "os/clock.h"
#include "service/callback_message.h"

static const char *name_of(const alarm_entry *al, bool chinese)
{
    return !al->check ? al->kind : chinese ? al->check->name.zh : al->check->name.en;
}

static const char *local_time(arena *a, int64_t unix_ms, int zone_minutes)
{
    clock_civil at;
    clock_civil_of(&at, unix_ms / 1000 + (int64_t)zone_minutes * 60);
    return arena_printf(a, "%04" PRId64 "-%02u-%02u %02u:%02u:%02u", at.year, at.month, at.day, at.hour, at.minute,
                        at.second);
}

static bool is_closed(const alarm_news *news)
{
    return strcmp(news->event, "closed") == 0;
}

static const char *word_of(const alarm_news *news, bool chinese)
{
    if (is_closed(news))
        return chinese ? "已恢复" : "OVER";
    bool critical = strcmp(news->alarm.severity, "critical") == 0;
    return critical ? (chinese ? "严重" : "CRITICAL") : (chinese ? "警告" : "WARNING");
}

/* One alarm: what, since when, and what to do about it. */
static const char *paragraph(arena *a, const alarm_message *m, const alarm_news *news, bool chinese)
{
    const alarm_entry *al = &news->alarm;
    const char *since = local_time(a, al->opened_ms, m->zone_minutes);
    const char *what = is_closed(news) || !al->check ? ""
                       : chinese                     ? al->check->what_to_do.zh
                                                     : al->check->what_to_do.en;
    if (!since)
        return NULL;
    return arena_printf(a,
                        chinese ? "【%s】%s%s%s%s%s\n  起始：%s\n%s%s%s\n" : "[%s] %s%s%s%s%s\n  since: %s\n%s%s%s\n",
                        word_of(news, chinese), name_of(al, chinese), *al->subject ? " " : "", al->subject,
                        *al->value ? (chinese ? "：" : ": ") : "", al->value, since,
                        *what ? (chinese ? "  怎么办：" : "  what to do: ") : "", what, *what ? "\n" : "");
}

static const char *join(arena *a, const char *before, const char *after)
{
    return before && after ? arena_printf(a, "%s%s", before, after) : NULL;
}

static const char *subject_of(arena *a, const alarm_message *m, bool chinese)
{
    const char *head = chinese ? "医签" : "yiqian";
    if (m->test)
        return arena_printf(a, chinese ? "[%s %s] 测试邮件" : "[%s %s] test message", head, m->organisation);
    const alarm_news *first = &m->news[0];
    if (m->total == 1)
        return arena_printf(a, "[%s %s] %s: %s", head, m->organisation, word_of(first, chinese),
                            name_of(&first->alarm, chinese));
    return arena_printf(a,
                        chinese ? "[%s %s] %" PRId64 " 条告警消息：%s 等" : "[%s %s] %" PRId64 " alarms: %s and others",
                        head, m->organisation, m->total, name_of(&first->alarm, chinese));
}

err alarm_message_mail(arena *a, const alarm_message *m, bool chinese, const char **subject, const char **text)
{
    const char *body = m->test ? (chinese ? "这是一封测试邮件：告警会发到这个地址。\n\n"
                                          : "This is a test: alarms will be sent to this address.\n\n")
                               : "";
    *subject = subject_of(a, m, chinese);
    for (size_t i = 0; i < m->n; i++)
        body = join(a, body, paragraph(a, m, &m->news[i], chinese));
    if (m->total > (int64_t)m->n)
        body = join(
            a, body,
            arena_printf(a, chinese ? "另有 %" PRId64 " 条，见控制台。\n\n" : "%" PRId64 " more: see the console.\n\n",
                         m->total - (int64_t)m->n));
    const char *when = local_time(a, m->at_ms, m->zone_minutes);
    if (!when)
        return ERR_MEMORY;
    *text = join(a, body,
                 arena_printf(a,
                              chinese ? "-- \n%s · 节点 %s · %s\n%s/console/#/alarms\n"
                                      : "-- \n%s · node %s · %s\n%s/console/#/alarms\n",
                              m->organisation, m->node, when, m->console_url));
    return *subject && *text ? ERR_OK : ERR_MEMORY;
}

/* ---- JSON ---- */

/* "name":"text", with a comma before it; null for NULL. */
static const char *member(arena *a, const char *name, const char *text)
{
    const char *value = text ? callback_message_quoted(a, text) : "null";
    return value ? arena_printf(a, ",\"%s\":%s", name, value) : NULL;
}

static const char *time_member(arena *a, const char *name, int64_t unix_ms)
{
    char text[CLOCK_TEXT];
    if (unix_ms == 0)
        return member(a, name, NULL);
    clock_text(text, unix_ms);
    return member(a, name, text);
}

static const char *object_of(arena *a, const alarm_news *news)
{
    const alarm_entry *al = &news->alarm;
    char id[UUID_TEXT];
    uuid_encode(id, al->id);
    const char *const parts[] = {member(a, "alarm", id),
                                 member(a, "kind", al->kind),
                                 member(a, "subject", al->subject),
                                 member(a, "severity", al->severity),
                                 member(a, "name_zh", name_of(al, true)),
                                 member(a, "name_en", name_of(al, false)),
                                 member(a, "value", al->value),
                                 time_member(a, "opened_at", al->opened_ms),
                                 time_member(a, "closed_at", al->closed_ms)};
    const char *event = callback_message_quoted(a, news->event);
    const char *text = event ? arena_printf(a, "{\"event\":%s", event) : NULL;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        text = join(a, text, parts[i]);
    return join(a, text, "}");
}

err alarm_message_json(arena *a, const alarm_message *m, bytes *out)
{
    char id[UUID_TEXT];
    uuid_encode(id, m->id);
    const char *text = arena_printf(a, "{\"id\":\"%s\"", id);
    text = join(a, text, member(a, "event", m->test ? "test" : "alarms"));
    text = join(a, text, member(a, "organisation", m->organisation));
    text = join(a, text, member(a, "node", m->node));
    text = join(a, text, time_member(a, "happened_at", m->at_ms));
    text = join(a, text, arena_printf(a, ",\"total\":%" PRId64 ",\"alarms\":[", m->total));
    for (size_t i = 0; i < m->n; i++)
        text = join(a, join(a, text, i > 0 ? "," : ""), object_of(a, &m->news[i]));
    text = join(a, text, "]}");
    if (!text)
        return ERR_MEMORY;
    *out = bytes_of_text(text);
    return ERR_OK;
}
