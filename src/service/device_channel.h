/* What a device's channel tells: which tasks wait for its person now. */
#ifndef YIQIAN_SERVICE_DEVICE_CHANNEL_H
#define YIQIAN_SERVICE_DEVICE_CHANNEL_H

#include "service/service.h"

enum {
    DEVICE_CHANNEL_TASKS = 50,     /* told by id and title: the newest */
    DEVICE_CHANNEL_COUNTED = 1000, /* more are counted as so many */
    DEVICE_CHANNEL_FINGERPRINT = 16
};

typedef struct device_channel_task {
    uint8_t id[16];
    const char *title, *system_name;
} device_channel_task;

typedef struct device_channel {
    uint8_t user_id[16]; /* the person: the topic that is woken when any of this changes */
    size_t count;        /* tasks that wait */
    const device_channel_task *tasks;
    size_t tasks_n;
    uint8_t fingerprint[DEVICE_CHANNEL_FINGERPRINT]; /* of the set of tasks: equal where nothing has changed */
} device_channel;

/* The tasks that the calling device could sign now, newest first. The errors of device_standing. */
MUST_CHECK err device_channel_read(call *c, device_channel *out);

#endif
