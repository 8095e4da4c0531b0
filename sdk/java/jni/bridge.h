/* A platform whose callbacks are Bridge.java's. */
#ifndef YIQIAN_JNI_BRIDGE_H
#define YIQIAN_JNI_BRIDGE_H

#include <jni.h>
#include <stdbool.h>

#include <yiqian/device.h>

#include "pack.h"

typedef struct bridge bridge;

/* Looks the callbacks up, once; false leaves Java's exception pending. */
bool bridge_load(JavaVM *vm, JNIEnv *env);
void bridge_unload(JNIEnv *env);

/* Takes a global reference to the Bridge object. NULL: no memory. The caller destroys it, after what uses it. */
bridge *bridge_create(JNIEnv *env, jobject object);
void bridge_destroy(JNIEnv *env, bridge *b);
yq_platform bridge_platform(bridge *b);

/* Bridge.ask: false for no. *answer is a copy for the caller to wipe and free; Java's is wiped. */
bool bridge_ask(JNIEnv *env, jobject question, const pack_writer *asked, uint8_t **answer, size_t *n);

/* A new array; NULL with Java's OutOfMemoryError pending. */
jbyteArray bridge_array(JNIEnv *env, const void *p, size_t n);
/* Overwrites Java's own copy. */
void bridge_wipe_array(JNIEnv *env, jbyteArray array);

#endif
