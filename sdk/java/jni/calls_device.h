/* What the calls on a device share: the device itself, and what was scanned with it. */
#ifndef YIQIAN_JNI_CALLS_DEVICE_H
#define YIQIAN_JNI_CALLS_DEVICE_H

#include <pthread.h>

#include "bridge.h"
#include "calls.h"

/* A person scans one code at a time; what is older is forgotten. */
enum { CALLS_SCANS = 8 };

typedef struct calls_device {
    yq_device *device;
    bridge *bridge;
    pthread_mutex_t lock; /* of scans */
    yq_scanned scans[CALLS_SCANS];
    size_t oldest;
} calls_device;

yq_device *calls_device_of(const calls_call *call);
/* The platform's options, as Options.java writes them. */
void calls_read_options(calls_call *call, yq_options *options);
const char *calls_pin_digits(const calls_pin *pin);

/* Puts it among those of the device, which has it from now on. */
void calls_keep_scanned(calls_device *d, yq_scanned *scanned);
/* Takes it out of them, for one call at a time; false: it is none of them. The caller keeps or frees it. */
bool calls_take_scanned(calls_device *d, const char *scan, yq_scanned *out);
void calls_free_scans(calls_device *d);

#endif
