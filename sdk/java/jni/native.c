/* The two native methods of Native.java. */
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "calls.h"
#include "values.h"

#define CALLS_ENTRY(name) calls_##name,
static const calls_function functions[] = {CALLS(CALLS_ENTRY)};
#undef CALLS_ENTRY

enum { FUNCTIONS = sizeof functions / sizeof *functions };

static jint operations(JNIEnv *env, jclass class)
{
    (void)env;
    (void)class;
    return FUNCTIONS;
}

static void take_pin(JNIEnv *env, calls_pin *out, jbyteArray array)
{
    if (!array)
        return;
    jsize n = (*env)->GetArrayLength(env, array);
    out->given = true;
    out->n = (size_t)n; /* a longer one is refused by its length */
    (*env)->GetByteArrayRegion(env, array, 0, n < CALLS_PIN ? n : CALLS_PIN, (jbyte *)out->digits);
}

static bool take_input(JNIEnv *env, calls_call *call, jbyteArray array, uint8_t **copy, size_t *n)
{
    *n = (size_t)(*env)->GetArrayLength(env, array);
    *copy = malloc(*n + 1);
    if (!*copy)
        return false;
    (*env)->GetByteArrayRegion(env, array, 0, (jsize)*n, (jbyte *)*copy);
    call->in = (pack_reader){*copy, *n, false};
    return true;
}

/* The status, its text, the problem if there is one, and then what the call gave: Native.Answer. */
static jbyteArray answer_of(JNIEnv *env, calls_call *call, yq_status status)
{
    pack_writer head = {0};
    if (call->out.bad)
        status = YQ_OUT_OF_MEMORY;
    pack_write_u32(&head, status);
    pack_write_text(&head, yq_status_text(status));
    pack_write_bool(&head, call->problem.http_status != 0);
    if (call->problem.http_status != 0)
        values_write_problem(&head, &call->problem);
    size_t rest = call->out.bad ? 0 : call->out.n;
    jbyteArray answer = NULL;
    if (!head.bad && head.n + rest <= INT32_MAX)
        answer = (*env)->NewByteArray(env, (jsize)(head.n + rest));
    if (answer) {
        (*env)->SetByteArrayRegion(env, answer, 0, (jsize)head.n, (const jbyte *)head.p);
        if (rest > 0)
            (*env)->SetByteArrayRegion(env, answer, (jsize)head.n, (jsize)rest, (const jbyte *)call->out.p);
    }
    pack_writer_free(&head);
    return answer;
}

/* Where there is no memory for an answer. */
static jbyteArray no_memory(JNIEnv *env)
{
    if ((*env)->ExceptionCheck(env))
        return NULL;
    jclass class = (*env)->FindClass(env, "java/lang/OutOfMemoryError");
    if (class)
        (void)(*env)->ThrowNew(env, class, "no memory for a call of the native library");
    return NULL;
}

static jbyteArray call_native(JNIEnv *env, jclass class, jint operation, jlong handle, jbyteArray in, jbyteArray pin,
                              jbyteArray new_pin, jobjectArray documents, jobject callback)
{
    calls_call call = {.env = env, .object = (void *)(intptr_t)handle, .documents = documents, .callback = callback};
    uint8_t *copy;
    size_t n;
    (void)class;
    if (operation < 0 || operation >= FUNCTIONS || !in || !take_input(env, &call, in, &copy, &n))
        return no_memory(env);
    take_pin(env, &call.pin, pin);
    take_pin(env, &call.new_pin, new_pin);
    yq_status status = functions[operation](&call);
    jbyteArray answer = answer_of(env, &call, status);
    pack_writer_free(&call.out);
    pack_wipe(copy, n);
    free(copy);
    pack_wipe(&call, sizeof call);
    return answer ? answer : no_memory(env);
}

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    void *found;
    (void)reserved;
    if ((*vm)->GetEnv(vm, &found, JNI_VERSION_1_6) != JNI_OK)
        return JNI_ERR;
    JNIEnv *env = found;
    /* ISO C has no cast from a function to void *: through a union. */
    const union {
        jbyteArray (*f)(JNIEnv *, jclass, jint, jlong, jbyteArray, jbyteArray, jbyteArray, jobjectArray, jobject);
        void *p;
    } call = {call_native};
    const union {
        jint (*f)(JNIEnv *, jclass);
        void *p;
    } count = {operations};
    const JNINativeMethod methods[] = {
        {(char *)(uintptr_t) "operations", (char *)(uintptr_t) "()I", count.p},
        {(char *)(uintptr_t) "call", (char *)(uintptr_t) "(IJ[B[B[B[[BLjava/lang/Object;)[B", call.p}};
    jclass class = (*env)->FindClass(env, "cn/yiqian/device/Native");
    if (!class || (*env)->RegisterNatives(env, class, methods, sizeof methods / sizeof *methods) != JNI_OK)
        return JNI_ERR;
    (*env)->DeleteLocalRef(env, class);
    return bridge_load(vm, env) ? JNI_VERSION_1_6 : JNI_ERR;
}

JNIEXPORT void JNICALL JNI_OnUnload(JavaVM *vm, void *reserved)
{
    void *env;
    (void)reserved;
    if ((*vm)->GetEnv(vm, &env, JNI_VERSION_1_6) == JNI_OK)
        bridge_unload(env);
}
