#include "context.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ct.h"
#include "base/text.h"
#include "roster.h"

enum { PIN_ITERATIONS_DEFAULT = 100000, DOCUMENT_DEFAULT = 64 << 20, PLATFORM_CHARACTERS = 32 };

void context_clear_problem(yq_problem *problem)
{
    if (!problem)
        return;
    memset(problem, 0, sizeof *problem);
    problem->tries_left = problem->retry_after = -1;
}

yq_status context_enter(yq_device *device, yq_problem *problem)
{
    context_clear_problem(problem);
    if (!device)
        return YQ_INVALID_ARGUMENT;
    if (pthread_mutex_lock(&device->lock) != 0)
        return YQ_REENTERED; /* the mutex checks for errors, and this is the only one it knows here */
    context_clear_problem(&device->problem);
    return YQ_OK;
}

yq_status context_leave(yq_device *device, yq_status status, yq_problem *problem)
{
    if (problem && (status == YQ_REFUSED || status == YQ_PIN_WRONG || status == YQ_KEY_LOCKED))
        *problem = device->problem;
    (void)pthread_mutex_unlock(&device->lock);
    return status;
}

void context_begin_waiting(yq_device *device)
{
    device->waiting++;
    (void)pthread_mutex_unlock(&device->lock);
}

yq_status context_end_waiting(yq_device *device)
{
    (void)pthread_mutex_lock(&device->lock);
    device->waiting--;
    if (!device->closing)
        return YQ_OK;
    (void)pthread_cond_broadcast(&device->woken);
    return YQ_CLOSED;
}

yq_status context_pause(yq_device *device, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    device->waiting++;
    while (!device->closing && pthread_cond_timedwait(&device->woken, &device->lock, &until) == 0) {
    }
    device->waiting--;
    if (!device->closing)
        return YQ_OK;
    (void)pthread_cond_broadcast(&device->woken);
    return YQ_CLOSED;
}

/* Has those that wait leave, and waits for the last of them. */
static void end_waiting(yq_device *device)
{
    const yq_transport *t = &device->platform.transport;
    if (pthread_mutex_lock(&device->lock) != 0)
        return;
    device->closing = true;
    (void)pthread_cond_broadcast(&device->woken);
    if (device->waiting > 0 && t->stop)
        t->stop(t->context);
    while (device->waiting > 0)
        (void)pthread_cond_wait(&device->woken, &device->lock);
    (void)pthread_mutex_unlock(&device->lock);
}

void context_forget_token(context_key *key)
{
    wipe(key->token, sizeof key->token);
}

bool context_text_valid(const char *text, size_t max)
{
    if (!text)
        return false;
    size_t n = strlen(text), length;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    if (!utf8_valid(text, n))
        return false;
    length = utf8_length(text, n);
    return length > 0 && length <= max;
}

yq_status context_check_pin(bytes pin)
{
    if (!pin.p || pin.n < MPC_PIN_MIN || pin.n > MPC_PIN_MAX)
        return YQ_WEAK_PIN;
    for (size_t i = 0; i < pin.n; i++)
        if (pin.p[i] < '0' || pin.p[i] > '9')
            return YQ_WEAK_PIN;
    return YQ_OK;
}

yq_status context_random(yq_device *device, void *out, size_t n)
{
    return status_of_own(device->rng.fill(device->rng.ctx, out, n));
}

static err fill_from_platform(void *ctx, uint8_t *out, size_t n)
{
    const yq_device *device = ctx;
    const yq_entropy *source = &device->platform.entropy;
    return source->fill(source->context, out, n) == YQ_PLATFORM_OK ? ERR_OK : ERR_ENTROPY;
}

static bool platform_whole(const yq_platform *p)
{
    if (p && (!p->fingerprint.wrap != !p->fingerprint.unwrap || !p->fingerprint.wrap != !p->fingerprint.erase))
        return false;
    return p && p->storage.load && p->storage.save && p->storage.erase && p->transport.exchange && p->entropy.fill &&
           p->credential.create && p->credential.sign && p->credential.erase;
}

static bool condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool made =
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 && pthread_cond_init(condition, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    return made;
}

static bool lock_init(yq_device *device)
{
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes) != 0)
        return false;
    bool made = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK) == 0 &&
                pthread_mutex_init(&device->lock, &attributes) == 0;
    (void)pthread_mutexattr_destroy(&attributes);
    if (made && !condition_init(&device->woken)) {
        (void)pthread_mutex_destroy(&device->lock);
        return false;
    }
    return made;
}

static yq_status take_options(yq_device *device, const yq_options *options)
{
    const char *name = options && options->platform ? options->platform : "unknown";
    if (!context_text_valid(name, PLATFORM_CHARACTERS))
        return YQ_INVALID_ARGUMENT;
    memcpy(device->platform_name, name, strlen(name) + 1);
    device->pin_iterations = options && options->pin_iterations ? options->pin_iterations : PIN_ITERATIONS_DEFAULT;
    device->document_max = options && options->document_max ? options->document_max : DOCUMENT_DEFAULT;
    bool iterations_fit = device->pin_iterations >= MPC_ITERATIONS_MIN && device->pin_iterations <= MPC_ITERATIONS_MAX;
    return iterations_fit ? YQ_OK : YQ_INVALID_ARGUMENT;
}

yq_status context_create(yq_device **out, const yq_platform *platform, const yq_options *options)
{
    *out = NULL;
    yq_device *device = calloc(1, sizeof *device);
    if (!device)
        return YQ_OUT_OF_MEMORY;
    if (!lock_init(device)) {
        free(device);
        return YQ_OUT_OF_MEMORY;
    }
    device->platform = *platform;
    device->rng = (entropy){fill_from_platform, device};
    yq_status status = take_options(device, options);
    if (status == YQ_OK)
        *out = device;
    else
        context_destroy(device);
    return status;
}

yq_status yq_device_open(yq_device **out, const yq_platform *platform, const yq_options *options)
{
    if (!out || !platform_whole(platform))
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_create(out, platform, options));
    yq_status status = roster_load(*out);
    if (status != YQ_OK) {
        yq_device_close(*out);
        *out = NULL;
    }
    return status;
}

void yq_device_close(yq_device *device)
{
    if (!device)
        return;
    end_waiting(device);
    roster_free(device);
    context_destroy(device);
}

void context_destroy(yq_device *device)
{
    if (!device)
        return;
    (void)pthread_cond_destroy(&device->woken);
    (void)pthread_mutex_destroy(&device->lock);
    wipe(device, sizeof *device);
    free(device);
}

yq_status yq_check_pin(const char *pin, size_t pin_n)
{
    if (!pin)
        return YQ_INVALID_ARGUMENT;
    return status_of_own(mpc_pin_check(bytes_of(pin, pin_n)));
}
