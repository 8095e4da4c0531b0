/* What `yiqian device` says about the SDK's results: in Chinese or English for people, as stable words for programs. */
#ifndef YIQIAN_CMD_DEVICE_WORDS_H
#define YIQIAN_CMD_DEVICE_WORDS_H

#include <jansson.h>

#include "base/arena.h"
#include "cmd/language.h"
#include "yiqian/device.h"

phrase device_words_stage(yq_key_stage stage);

/* "pin_wrong", "transport_failed" ... */
const char *device_words_code(yq_status status);

/* "enrolled", "unfinished" ... */
const char *device_words_stage_code(yq_key_stage stage);

/* Tells on standard error what happened, what the server said about it, and what is known of the cause (may be ""). */
void device_words_tell(arena *a, yq_status status, const yq_problem *problem, const char *cause);

/* {"status", and what the server said}. NULL if memory is out. */
json_t *device_words_json(yq_status status, const yq_problem *problem);

/* What the process ends with. */
int device_words_exit(yq_status status);

#endif
