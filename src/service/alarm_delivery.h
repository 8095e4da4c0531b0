/* Tells alarms over their channels, in a thread of its own: what came together goes out as one message, the next no sooner than the channel's digest
 * says, and in its quiet time only what is critical. What cannot be sent is tried again for a day. */
#ifndef YIQIAN_SERVICE_ALARM_DELIVERY_H
#define YIQIAN_SERVICE_ALARM_DELIVERY_H

#include "os/mail.h"
#include "service/alarm_channel.h"
#include "service/alarm_message.h"

typedef struct alarm_delivery alarm_delivery;

/* Starts the thread; the service outlives it. ERR_MEMORY. Ownership: alarm_delivery_stop, which waits for a message under way; NULL is fine. */
MUST_CHECK err alarm_delivery_start(alarm_delivery **out, service *s);
void alarm_delivery_stop(alarm_delivery *d);

/* One look at all channels, as the thread does it every second. *sent: messages that went out. */
MUST_CHECK err alarm_delivery_round(service *s, arena *a, int64_t now_ms, size_t *sent);

enum { ALARM_WORDS = 256 };
typedef struct alarm_test {
    bool delivered;
    int64_t took_ms;
    char words[ALARM_WORDS]; /* why not; "" if it was */
    char reply[MAIL_REPLY];  /* the last that the mail server said; "" of a webhook, or where it said nothing */
} alarm_test;

/* Sends one now, over a channel; the message's frame is filled in. ERR_TRANSPORT and others: words say why. */
MUST_CHECK err alarm_delivery_send(service *s, arena *a, const alarm_channel *ch, alarm_message *m,
                                   char words[ALARM_WORDS], char reply[MAIL_REPLY]);

/* Sends a test message now, past the queue, and waits for it: 15 seconds at the most. ERR_NOT_FOUND. */
MUST_CHECK err alarm_delivery_test(call *c, const uint8_t id[16], alarm_test *out);

#endif
