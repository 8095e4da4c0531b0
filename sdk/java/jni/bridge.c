#include "bridge.h"

#include <stdlib.h>
#include <string.h>

enum { FRAME = 16, CHUNK = 16384, POINT = 65, SIGNATURE = 64 };

struct bridge {
    jobject object; /* global */
    bool has_fingerprint;
};

static JavaVM *machine;
static jclass bridge_class, bytes_class; /* global: the ids below are good as long as the class is */
static jmethodID load_id, save_id, erase_id, exchange_id, stop_id, fill_id, create_id, sign_id, erase_credential_id,
    now_id, ask_id, has_fingerprint_id, wrap_id, unwrap_id, erase_wrap_id;

static jclass global_class(JNIEnv *env, const char *name)
{
    jclass local = (*env)->FindClass(env, name);
    if (!local)
        return NULL;
    jclass global = (*env)->NewGlobalRef(env, local);
    (*env)->DeleteLocalRef(env, local);
    return global;
}

bool bridge_load(JavaVM *vm, JNIEnv *env)
{
    static const struct {
        jmethodID *id;
        const char *name, *signature;
    } methods[] = {{&load_id, "load", "(Ljava/lang/String;[[B)I"},
                   {&save_id, "save", "(Ljava/lang/String;[B)I"},
                   {&erase_id, "erase", "(Ljava/lang/String;)I"},
                   {&exchange_id, "exchange", "([B[B[I[[B)I"},
                   {&stop_id, "stop", "()V"},
                   {&fill_id, "fill", "([B)I"},
                   {&create_id, "createCredential", "(Ljava/lang/String;[[B)I"},
                   {&sign_id, "sign", "(Ljava/lang/String;[B[[B)I"},
                   {&erase_credential_id, "eraseCredential", "(Ljava/lang/String;)I"},
                   {&now_id, "now", "()J"},
                   {&has_fingerprint_id, "hasFingerprint", "()Z"},
                   {&wrap_id, "wrap", "(Ljava/lang/String;[B)I"},
                   {&unwrap_id, "unwrap", "(Ljava/lang/String;[B[[B)I"},
                   {&erase_wrap_id, "eraseWrap", "(Ljava/lang/String;)I"}};
    machine = vm;
    bridge_class = global_class(env, "cn/yiqian/device/Bridge");
    bytes_class = bridge_class ? global_class(env, "[B") : NULL;
    if (!bytes_class)
        return false;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (!(*methods[i].id = (*env)->GetMethodID(env, bridge_class, methods[i].name, methods[i].signature)))
            return false;
    ask_id = (*env)->GetStaticMethodID(env, bridge_class, "ask", "(Ljava/lang/Object;[B)[B");
    return ask_id;
}

void bridge_unload(JNIEnv *env)
{
    (*env)->DeleteGlobalRef(env, bytes_class);
    (*env)->DeleteGlobalRef(env, bridge_class);
    bytes_class = bridge_class = NULL;
}

/* ---- one callback: its thread's env, and a frame for its local references, of which a long call would gather many ---- */

typedef struct frame {
    JNIEnv *env;
} frame;

/* The library calls back on the thread that called it: one of Java's, or attached by whoever made it. */
static bool enter(frame *f)
{
    void *env = NULL;
    if ((*machine)->GetEnv(machine, &env, JNI_VERSION_1_6) != JNI_OK)
        return false;
    f->env = env;
    if ((*f->env)->PushLocalFrame(f->env, FRAME) == 0)
        return true;
    (*f->env)->ExceptionClear(f->env);
    return false;
}

static void leave(frame *f)
{
    (void)(*f->env)->PopLocalFrame(f->env, NULL);
}

/* Bridge throws nothing; the machine itself can (no memory, no stack). */
static bool failed(JNIEnv *env)
{
    if (!(*env)->ExceptionCheck(env))
        return false;
    (*env)->ExceptionClear(env);
    return true;
}

jbyteArray bridge_array(JNIEnv *env, const void *p, size_t n)
{
    jbyteArray array = n <= INT32_MAX ? (*env)->NewByteArray(env, (jsize)n) : NULL;
    if (array && n > 0)
        (*env)->SetByteArrayRegion(env, array, 0, (jsize)n, p);
    return array;
}

void bridge_wipe_array(JNIEnv *env, jbyteArray array)
{
    static const jbyte zeros[CHUNK];
    jsize n = (*env)->GetArrayLength(env, array);
    for (jsize at = 0; at < n; at += CHUNK)
        (*env)->SetByteArrayRegion(env, array, at, n - at < CHUNK ? n - at : CHUNK, zeros);
}

/* Names are ASCII (YQ_NAME_MAX), where modified UTF-8 is UTF-8. */
static jstring name_of(JNIEnv *env, const char *name)
{
    return (*env)->NewStringUTF(env, name);
}

static jobjectArray out_array(JNIEnv *env)
{
    return (*env)->NewObjectArray(env, 1, bytes_class, NULL);
}

/* What a callback left in out: at most capacity bytes, which are then wiped there. */
static bool take_out(JNIEnv *env, jobjectArray out, uint8_t *p, size_t capacity, size_t *n)
{
    jbyteArray array = (*env)->GetObjectArrayElement(env, out, 0);
    jsize length = array ? (*env)->GetArrayLength(env, array) : -1;
    if (length < 0 || (size_t)length > capacity)
        return false;
    (*env)->GetByteArrayRegion(env, array, 0, length, (jbyte *)p);
    *n = (size_t)length;
    bridge_wipe_array(env, array);
    return true;
}

static bool take_exactly(JNIEnv *env, jobjectArray out, uint8_t *p, size_t n)
{
    size_t got;
    return take_out(env, out, p, n, &got) && got == n;
}

static int status_of(JNIEnv *env, jint said)
{
    if (failed(env))
        return YQ_PLATFORM_FAILED;
    return said >= YQ_PLATFORM_OK && said <= YQ_PLATFORM_CANCELLED ? said : YQ_PLATFORM_FAILED;
}

/* ---- storage ---- */

static int load(void *context, const char *name, uint8_t *out, size_t capacity, size_t *n)
{
    bridge *b = context;
    frame f;
    if (!enter(&f))
        return YQ_PLATFORM_FAILED;
    int status = YQ_PLATFORM_FAILED;
    jstring text = name_of(f.env, name);
    jobjectArray record = text ? out_array(f.env) : NULL;
    if (record)
        status = status_of(f.env, (*f.env)->CallIntMethod(f.env, b->object, load_id, text, record));
    if (status == YQ_PLATFORM_OK && !take_out(f.env, record, out, capacity, n))
        status = YQ_PLATFORM_FAILED;
    (void)failed(f.env);
    leave(&f);
    return status;
}

/* One text, and bytes where p is not NULL. */
static int call_with_name(bridge *b, jmethodID method, const char *name, const uint8_t *p, size_t n)
{
    frame f;
    if (!enter(&f))
        return YQ_PLATFORM_FAILED;
    int status = YQ_PLATFORM_FAILED;
    jstring text = name_of(f.env, name);
    jbyteArray data = text && p ? bridge_array(f.env, p, n) : NULL;
    if (text && (data || !p))
        status = status_of(f.env, (*f.env)->CallIntMethod(f.env, b->object, method, text, data));
    (void)failed(f.env);
    if (data)
        bridge_wipe_array(f.env, data);
    leave(&f);
    return status;
}

static int save(void *context, const char *name, const uint8_t *p, size_t n)
{
    return call_with_name(context, save_id, name, p, n);
}

static int erase(void *context, const char *name)
{
    return call_with_name(context, erase_id, name, NULL, 0);
}

/* ---- transport ---- */

/* Method, URL, the answer's limit and the headers: HttpRequest.java. */
static jbyteArray head_of(JNIEnv *env, const yq_http_request *request)
{
    pack_writer w = {0};
    pack_write_text(&w, request->method);
    pack_write_text(&w, request->url);
    pack_write_i64(&w, (int64_t)request->answer_max);
    pack_write_u32(&w, (uint32_t)request->headers_n);
    for (size_t i = 0; i < request->headers_n; i++) {
        pack_write_text(&w, request->headers[i].name);
        pack_write_text(&w, request->headers[i].value);
    }
    jbyteArray head = w.bad ? NULL : bridge_array(env, w.p, w.n);
    pack_writer_free(&w);
    return head;
}

static bool give_answer(JNIEnv *env, jobjectArray out, yq_http_answer *answer)
{
    uint8_t chunk[CHUNK];
    jbyteArray body = (*env)->GetObjectArrayElement(env, out, 0);
    bool taken = body;
    jsize n = body ? (*env)->GetArrayLength(env, body) : 0;
    for (jsize at = 0; at < n && taken; at += CHUNK) {
        jsize part = n - at < CHUNK ? n - at : CHUNK;
        (*env)->GetByteArrayRegion(env, body, at, part, (jbyte *)chunk);
        taken = yq_http_answer_write(answer, chunk, (size_t)part);
    }
    pack_wipe(chunk, sizeof chunk);
    if (body)
        bridge_wipe_array(env, body);
    return taken;
}

static int exchange_in(JNIEnv *env, bridge *b, const yq_http_request *request, int *status, yq_http_answer *answer)
{
    jint code = 0;
    jbyteArray head = head_of(env, request);
    jbyteArray body = head && request->body_n > 0 ? bridge_array(env, request->body, request->body_n) : NULL;
    jintArray codes = head && (body || request->body_n == 0) ? (*env)->NewIntArray(env, 1) : NULL;
    jobjectArray out = codes ? out_array(env) : NULL;
    if (!out)
        return YQ_PLATFORM_FAILED;
    int said = status_of(env, (*env)->CallIntMethod(env, b->object, exchange_id, head, body, codes, out));
    if (said != YQ_PLATFORM_OK)
        return said;
    (*env)->GetIntArrayRegion(env, codes, 0, 1, &code);
    *status = code;
    return give_answer(env, out, answer) ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
}

static int exchange(void *context, const yq_http_request *request, int *status, yq_http_answer *answer)
{
    frame f;
    if (!enter(&f))
        return YQ_PLATFORM_FAILED;
    int said = exchange_in(f.env, context, request, status, answer);
    (void)failed(f.env);
    leave(&f);
    return said;
}

static void stop(void *context)
{
    bridge *b = context;
    frame f;
    if (!enter(&f))
        return;
    (*f.env)->CallVoidMethod(f.env, b->object, stop_id);
    (void)failed(f.env);
    leave(&f);
}

/* ---- entropy ---- */

static int fill(void *context, uint8_t *out, size_t n)
{
    bridge *b = context;
    frame f;
    if (!enter(&f))
        return YQ_PLATFORM_FAILED;
    int status = YQ_PLATFORM_FAILED;
    jbyteArray array = n <= INT32_MAX ? (*f.env)->NewByteArray(f.env, (jsize)n) : NULL;
    if (array)
        status = status_of(f.env, (*f.env)->CallIntMethod(f.env, b->object, fill_id, array));
    if (status == YQ_PLATFORM_OK)
        (*f.env)->GetByteArrayRegion(f.env, array, 0, (jsize)n, (jbyte *)out);
    (void)failed(f.env);
    if (array)
        bridge_wipe_array(f.env, array);
    leave(&f);
    return status;
}

/* ---- credential ---- */

static int create_credential(void *context, const char *name, uint8_t public_key[POINT])
{
    bridge *b = context;
    frame f;
    if (!enter(&f))
        return YQ_PLATFORM_FAILED;
    int status = YQ_PLATFORM_FAILED;
    jstring text = name_of(f.env, name);
    jobjectArray out = text ? out_array(f.env) : NULL;
    if (out)
        status = status_of(f.env, (*f.env)->CallIntMethod(f.env, b->object, create_id, text, out));
    if (status == YQ_PLATFORM_OK && !take_exactly(f.env, out, public_key, POINT))
        status = YQ_PLATFORM_FAILED;
    (void)failed(f.env);
    leave(&f);
    return status;
}

static int sign(void *context, const char *name, const uint8_t *message, size_t n, uint8_t rs[SIGNATURE])
{
    bridge *b = context;
    frame f;
    if (!enter(&f))
        return YQ_PLATFORM_FAILED;
    int status = YQ_PLATFORM_FAILED;
    jstring text = name_of(f.env, name);
    jbyteArray data = text ? bridge_array(f.env, message, n) : NULL;
    jobjectArray out = data ? out_array(f.env) : NULL;
    if (out)
        status = status_of(f.env, (*f.env)->CallIntMethod(f.env, b->object, sign_id, text, data, out));
    if (status == YQ_PLATFORM_OK && !take_exactly(f.env, out, rs, SIGNATURE))
        status = YQ_PLATFORM_FAILED;
    (void)failed(f.env);
    leave(&f);
    return status;
}

static int erase_credential(void *context, const char *name)
{
    return call_with_name(context, erase_credential_id, name, NULL, 0);
}

/* ---- fingerprint ---- */

static int wrap(void *context, const char *name, const uint8_t *secret, size_t n)
{
    return call_with_name(context, wrap_id, name, secret, n);
}

static int unwrap(void *context, const char *name, const char *prompt, uint8_t *secret, size_t capacity, size_t *n)
{
    bridge *b = context;
    frame f;
    if (!enter(&f))
        return YQ_PLATFORM_FAILED;
    int status = YQ_PLATFORM_FAILED;
    jstring text = name_of(f.env, name);
    jbyteArray shown = text ? bridge_array(f.env, prompt, strlen(prompt)) : NULL;
    jobjectArray out = shown ? out_array(f.env) : NULL;
    if (out)
        status = status_of(f.env, (*f.env)->CallIntMethod(f.env, b->object, unwrap_id, text, shown, out));
    if (status == YQ_PLATFORM_OK && !take_out(f.env, out, secret, capacity, n))
        status = YQ_PLATFORM_FAILED;
    (void)failed(f.env);
    leave(&f);
    return status;
}

static int erase_wrap(void *context, const char *name)
{
    return call_with_name(context, erase_wrap_id, name, NULL, 0);
}

/* ---- clock ---- */

static int64_t now(void *context)
{
    bridge *b = context;
    frame f;
    if (!enter(&f))
        return 0;
    int64_t seconds = (*f.env)->CallLongMethod(f.env, b->object, now_id);
    if (failed(f.env))
        seconds = 0;
    leave(&f);
    return seconds;
}

/* ---- the platform ---- */

bridge *bridge_create(JNIEnv *env, jobject object)
{
    bridge *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->object = (*env)->NewGlobalRef(env, object);
    if (!b->object) {
        free(b);
        return NULL;
    }
    b->has_fingerprint = (*env)->CallBooleanMethod(env, object, has_fingerprint_id);
    (void)failed(env);
    return b;
}

void bridge_destroy(JNIEnv *env, bridge *b)
{
    if (!b)
        return;
    (*env)->DeleteGlobalRef(env, b->object);
    free(b);
}

yq_platform bridge_platform(bridge *b)
{
    yq_platform platform = {.storage = {b, load, save, erase},
                            .transport = {b, exchange, stop},
                            .entropy = {b, fill},
                            .credential = {b, create_credential, sign, erase_credential},
                            .clock = {b, now}};
    if (b->has_fingerprint)
        platform.fingerprint = (yq_fingerprint){b, wrap, unwrap, erase_wrap};
    return platform;
}

/* ---- questions ---- */

static bool copy_answer(JNIEnv *env, jbyteArray array, uint8_t **answer, size_t *n)
{
    *n = (size_t)(*env)->GetArrayLength(env, array);
    *answer = malloc(*n + 1); /* an answer of no bytes is a yes, too */
    if (!*answer)
        return false;
    (*env)->GetByteArrayRegion(env, array, 0, (jsize)*n, (jbyte *)*answer);
    bridge_wipe_array(env, array);
    return true;
}

bool bridge_ask(JNIEnv *env, jobject question, const pack_writer *asked, uint8_t **answer, size_t *n)
{
    *answer = NULL;
    *n = 0;
    if (asked->bad || (*env)->PushLocalFrame(env, FRAME) != 0) {
        (void)failed(env);
        return false;
    }
    jbyteArray in = bridge_array(env, asked->p, asked->n);
    jbyteArray out = in ? (*env)->CallStaticObjectMethod(env, bridge_class, ask_id, question, in) : NULL;
    bool yes = !failed(env) && out && copy_answer(env, out, answer, n);
    (void)(*env)->PopLocalFrame(env, NULL);
    return yes;
}
