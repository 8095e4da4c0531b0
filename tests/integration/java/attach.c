/* Lifecycle.onAnotherThread: a thread of C's, attached to the machine for its work. Growth.allocated: what malloc has given out. */
#include <jni.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>

typedef struct work {
    JavaVM *vm;
    jobject runnable; /* global */
} work;

static void *run(void *context)
{
    const work *w = context;
    void *found;
    if ((*w->vm)->AttachCurrentThread(w->vm, &found, NULL) != JNI_OK)
        return NULL;
    JNIEnv *env = found;
    jclass class = (*env)->GetObjectClass(env, w->runnable);
    jmethodID method = (*env)->GetMethodID(env, class, "run", "()V");
    if (method)
        (*env)->CallVoidMethod(env, w->runnable, method);
    if ((*env)->ExceptionCheck(env))
        (*env)->ExceptionDescribe(env);
    (void)(*w->vm)->DetachCurrentThread(w->vm);
    return NULL;
}

JNIEXPORT void JNICALL Java_Lifecycle_onAnotherThread(JNIEnv *env, jclass class, jobject runnable);

JNIEXPORT void JNICALL Java_Lifecycle_onAnotherThread(JNIEnv *env, jclass class, jobject runnable)
{
    pthread_t thread;
    work w = {NULL, (*env)->NewGlobalRef(env, runnable)};
    (void)class;
    if (w.runnable && (*env)->GetJavaVM(env, &w.vm) == JNI_OK && pthread_create(&thread, NULL, run, &w) == 0)
        (void)pthread_join(thread, NULL);
    (*env)->DeleteGlobalRef(env, w.runnable);
}

JNIEXPORT jlong JNICALL Java_Growth_allocated(JNIEnv *env, jclass class);

JNIEXPORT jlong JNICALL Java_Growth_allocated(JNIEnv *env, jclass class)
{
    struct mallinfo2 all = mallinfo2();
    (void)env;
    (void)class;
    return (jlong)(all.uordblks + all.hblkhd);
}
