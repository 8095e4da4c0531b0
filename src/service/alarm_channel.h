/* Where alarms are told: by mail, or by a webhook that is signed as callbacks are (docs/integration/callbacks.md). */
#ifndef YIQIAN_SERVICE_ALARM_CHANNEL_H
#define YIQIAN_SERVICE_ALARM_CHANNEL_H

#include "service/callback_message.h"
#include "service/service.h"

enum {
    ALARM_CHANNELS_MAX = 20,
    ALARM_RECIPIENTS_MAX = 10,
    ALARM_PASSWORD_MAX = 128,
    ALARM_DIGEST_MINUTES = 10, /* where nothing is said */
    ALARM_DIGEST_MINUTES_MAX = 1440,
    ALARM_DAY_MINUTES = 1440
};

typedef struct alarm_channel {
    uint8_t id[16];
    const char *kind, *name, *state; /* "mail", "webhook"; "active", "suspended" */
    const char *host, *security, *sender, *recipients,
        *username; /* of mail; security "none", "starttls", "tls"; recipients by commas */
    int64_t port;
    const char *url; /* of a webhook */
    bool has_secret;
    const char *severity, *language; /* the least that is told; "zh", "en" */
    int64_t digest_minutes, quiet_from, quiet_to, version, created_ms, sent_ms, failures;
    const char *last_error; /* NULL: the last one went well */
} alarm_channel;

/* What is made or changed; NULL and -1: as it is, or as it is usual. password "": none. */
typedef struct alarm_channel_change {
    const char *kind; /* when it is made */
    const char *name, *state, *host, *security, *sender, *username, *password, *url, *severity, *language;
    const char *recipients; /* by commas */
    int64_t port, digest_minutes, quiet_from, quiet_to;
    int64_t version; /* what is changed must be of this version still; 0: of any */
} alarm_channel_change;
#define ALARM_CHANNEL_UNCHANGED                                                                                        \
    {                                                                                                                  \
        .port = -1, .digest_minutes = -1, .quiet_from = -1, .quiet_to = -1                                             \
    }

/* secret: of a webhook, shown this once; "" of mail. The caller wipes it. ERR_FIELD_*, ERR_LIMIT, ERR_ENTROPY. */
MUST_CHECK err alarm_channel_create(call *c, const alarm_channel_change *change, alarm_channel *out,
                                    char secret[CALLBACK_SECRET_TEXT]);
/* ERR_NOT_FOUND, ERR_STALE. */
MUST_CHECK err alarm_channel_update(call *c, const uint8_t id[16], const alarm_channel_change *change,
                                    alarm_channel *out);
MUST_CHECK err alarm_channel_remove(call *c, const uint8_t id[16]);
MUST_CHECK err alarm_channel_list(call *c, const alarm_channel **out, size_t *n);
MUST_CHECK err alarm_channel_get(call *c, const uint8_t id[16], alarm_channel *out);

/* Adds to the unit that this is told over every channel that wants to hear of this severity. event: "opened", "closed". */
MUST_CHECK err alarm_channel_notify(call *c, store_unit *unit, const uint8_t alarm_id[16], const char *event,
                                    const char *severity);

/* The mail password or the HMAC's secret out of its sealed column, with a terminator; "" where there is none. In the arena: the caller wipes it.
 * ERR_NOT_FOUND, ERR_DECRYPT, ERR_MEMORY. */
MUST_CHECK err alarm_channel_secret(service *s, arena *a, const uint8_t id[16], char **out, size_t *n);

#endif
