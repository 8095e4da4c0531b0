#include "service/alarm_unrecorded.h"

#include <string.h>

#include "os/entropy.h"
#include "os/log.h"
#include "service/alarm_delivery.h"
#include "service/monitor_internal.h"

static const char kind[] = "database.write";
static const int64_t again_ms = 3600000, day_ms = 86400000;

void alarm_unrecorded_note(service *s, err outcome, int64_t now_ms)
{
    alarm_unrecorded *u = &s->monitor->unrecorded;
    bool lost = outcome == ERR_DISK_FULL || outcome == ERR_IO;
    if (!lost && outcome != ERR_OK)
        return;
    if (lost && atomic_load(&u->why) == ERR_OK)
        atomic_store(&u->since_ms, now_ms);
    atomic_store(&u->why, (int)outcome);
}

/* The channel's place; NULL: there is none. */
static alarm_told *find_told(alarm_unrecorded *u, const uint8_t id[16])
{
    for (size_t i = 0; i < ALARM_CHANNELS_MAX; i++)
        if (u->channels[i].used && memcmp(u->channels[i].channel_id, id, 16) == 0)
            return &u->channels[i];
    return NULL;
}

static alarm_told *make_told(alarm_unrecorded *u, const uint8_t id[16])
{
    for (size_t i = 0; i < ALARM_CHANNELS_MAX; i++) {
        if (u->channels[i].used)
            continue;
        u->channels[i].used = true;
        memcpy(u->channels[i].channel_id, id, 16);
        return &u->channels[i];
    }
    return NULL;
}

static void forget_removed(alarm_unrecorded *u, const alarm_channel *channels, size_t n)
{
    for (size_t i = 0; i < ALARM_CHANNELS_MAX; i++) {
        bool there = false;
        for (size_t k = 0; k < n; k++)
            there |= memcmp(channels[k].id, u->channels[i].channel_id, 16) == 0;
        if (!there)
            u->channels[i] = (alarm_told){0};
    }
}

static err send_word(service *s, arena *a, const alarm_channel *ch, const alarm_told *t, bool over, int64_t now_ms)
{
    alarm_unrecorded *u = &s->monitor->unrecorded;
    char words[ALARM_WORDS], reply[MAIL_REPLY];
    uint8_t id[16];
    alarm_news news = {.event = over ? "closed" : "opened",
                       .alarm = {.kind = kind,
                                 .subject = "",
                                 .check = check_find(kind),
                                 .severity = "critical",
                                 .state = over ? "closed" : "open",
                                 .value = err_code((err)u->told_why),
                                 .count = 1,
                                 .opened_ms = t->since_ms,
                                 .seen_ms = now_ms,
                                 .closed_ms = u->over_ms}};
    memcpy(news.alarm.id, t->alarm_id, 16);
    TRY(uuid7_create(id));
    err e = alarm_delivery_send(
        s, a, ch, &(alarm_message){.id = id, .news = &news, .n = 1, .total = 1, .at_ms = now_ms}, words, reply);
    if (e != ERR_OK)
        log_write(LOG_WARN, "alarm", "that nothing can be written cannot be told over a channel: %s", words);
    return e;
}

static void tell_one(service *s, arena *a, const alarm_channel *ch, int64_t now_ms, size_t *sent)
{
    alarm_unrecorded *u = &s->monitor->unrecorded;
    bool over = u->over_ms != 0;
    alarm_told *t = find_told(u, ch->id);
    if (!t && !over)
        t = make_told(u, ch->id);
    if (!t || now_ms < t->next_ms || strcmp(ch->state, "active") != 0)
        return;
    if (!t->told) {
        memcpy(t->alarm_id, u->alarm_id, 16);
        t->since_ms = atomic_load(&u->since_ms);
    }
    bool told = send_word(s, a, ch, t, over, now_ms) == ERR_OK;
    *sent += told;
    if (told && over) {
        *t = (alarm_told){0};
        return;
    }
    t->told |= told;
    t->failures = told ? 0 : t->failures + 1;
    t->next_ms = now_ms + (told ? again_ms : alarm_backoff_ms(t->failures));
}

/* Who was told of the one before, and not yet that it was over, still has that. */
static err begin(alarm_unrecorded *u)
{
    if (u->told_why == ERR_OK || u->over_ms != 0)
        TRY(uuid7_create(u->alarm_id));
    u->over_ms = 0;
    return ERR_OK;
}

static void end(alarm_unrecorded *u, int64_t now_ms)
{
    if (u->over_ms != 0)
        return;
    u->over_ms = now_ms;
    for (size_t i = 0; i < ALARM_CHANNELS_MAX; i++) {
        alarm_told *t = &u->channels[i];
        if (!t->told)
            *t = (alarm_told){0};
        t->next_ms = t->failures = 0;
    }
}

/* Whoever cannot be told that it is over for a day sees it in the console. */
static void finish(alarm_unrecorded *u, int64_t now_ms)
{
    bool waits = false;
    for (size_t i = 0; i < ALARM_CHANNELS_MAX; i++)
        waits |= u->channels[i].used;
    if (u->over_ms == 0 || (waits && now_ms - u->over_ms < day_ms))
        return;
    u->told_why = ERR_OK;
    u->over_ms = 0;
    memset(u->channels, 0, sizeof u->channels);
}

err alarm_unrecorded_tell(service *s, arena *a, int64_t now_ms, size_t *sent)
{
    alarm_unrecorded *u = &s->monitor->unrecorded;
    err why = (err)atomic_load(&u->why);
    const alarm_channel *channels;
    size_t n;
    call c = {
        .service = s, .arena = a, .now_ms = now_ms, .actor = ACTOR_SERVER, .actor_text = "server", .origin = "server"};
    if (why == ERR_OK && u->told_why == ERR_OK)
        return ERR_OK;
    if (why == ERR_OK) {
        end(u, now_ms);
    } else {
        TRY(begin(u));
        u->told_why = (int)why;
    }
    TRY(alarm_channel_list(&c, &channels, &n));
    forget_removed(u, channels, n);
    for (size_t i = 0; i < n; i++)
        tell_one(s, a, &channels[i], now_ms, sent);
    finish(u, now_ms);
    return ERR_OK;
}
