#include "service/alarm_unrecorded.h"

#include <string.h>

#include "os/entropy.h"
#include "os/log.h"
#include "service/alarm_delivery.h"
#include "service/monitor_internal.h"

static const char kind[] = "database.write";
static const int64_t again_ms = 3600000;

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

/* The channel's place; ALARM_CHANNELS_MAX: there is none. */
static size_t place_of(alarm_unrecorded *u, const uint8_t id[16])
{
    size_t empty = ALARM_CHANNELS_MAX;
    for (size_t i = 0; i < ALARM_CHANNELS_MAX; i++) {
        if (u->channels[i].used && memcmp(u->channels[i].id, id, 16) == 0)
            return i;
        if (!u->channels[i].used && empty == ALARM_CHANNELS_MAX)
            empty = i;
    }
    if (empty < ALARM_CHANNELS_MAX) {
        u->channels[empty].used = true;
        memcpy(u->channels[empty].id, id, 16);
    }
    return empty;
}

static err send_word(service *s, arena *a, const alarm_channel *ch, bool over, int64_t now_ms)
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
                                 .opened_ms = atomic_load(&u->since_ms),
                                 .seen_ms = now_ms,
                                 .closed_ms = over ? now_ms : 0}};
    memcpy(news.alarm.id, u->alarm_id, 16);
    TRY(uuid7_create(id));
    err e = alarm_delivery_send(
        s, a, ch, &(alarm_message){.id = id, .news = &news, .n = 1, .total = 1, .at_ms = now_ms}, words, reply);
    if (e != ERR_OK)
        log_write(LOG_WARN, "alarm", "that nothing can be written cannot be told over a channel: %s", words);
    return e;
}

static void tell_one(service *s, arena *a, const alarm_channel *ch, bool over, int64_t now_ms, size_t *sent)
{
    alarm_unrecorded *u = &s->monitor->unrecorded;
    size_t i = strcmp(ch->state, "active") == 0 ? place_of(u, ch->id) : ALARM_CHANNELS_MAX;
    if (i == ALARM_CHANNELS_MAX || (over && !u->channels[i].told) || (now_ms < u->channels[i].next_ms && !over))
        return;
    bool told = send_word(s, a, ch, over, now_ms) == ERR_OK;
    *sent += told;
    u->channels[i].told = told || u->channels[i].told;
    u->channels[i].failures = told ? 0 : u->channels[i].failures + 1;
    u->channels[i].next_ms = now_ms + (told ? again_ms : alarm_backoff_ms(u->channels[i].failures));
}

err alarm_unrecorded_tell(service *s, arena *a, int64_t now_ms, size_t *sent)
{
    alarm_unrecorded *u = &s->monitor->unrecorded;
    err why = (err)atomic_load(&u->why);
    bool over = why == ERR_OK;
    const alarm_channel *channels;
    size_t n;
    call c = {
        .service = s, .arena = a, .now_ms = now_ms, .actor = ACTOR_SERVER, .actor_text = "server", .origin = "server"};
    if (over && u->told_why == ERR_OK)
        return ERR_OK;
    if (u->told_why == ERR_OK)
        TRY(uuid7_create(u->alarm_id));
    if (!over)
        u->told_why = (int)why;
    TRY(alarm_channel_list(&c, &channels, &n));
    for (size_t i = 0; i < n; i++)
        tell_one(s, a, &channels[i], over, now_ms, sent);
    if (over) { /* who cannot be told that it is over sees it in the console */
        u->told_why = ERR_OK;
        memset(u->channels, 0, sizeof u->channels);
    }
    return ERR_OK;
}
