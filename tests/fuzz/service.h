/* A whole service in this process for the harnesses of the API, and headers that the harness makes up: http_header is wrapped. */
#ifndef YIQIAN_TESTS_FUZZ_SERVICE_H
#define YIQIAN_TESTS_FUZZ_SERVICE_H

#include <strings.h>

#include "api/api.h"
#include "base/text.h"
#include "fuzz.h"
#include "os/file.h"
#include "service/device_session.h"
#include "unit/service/phone.h"

enum { HEADERS_MAX = 8 };
static struct {
    const char *name, *value;
} headers[HEADERS_MAX];
static size_t headers_n;

const char *__wrap_http_header(const http_request *request, const char *name);
const char *__wrap_http_header(const http_request *request, const char *name)
{
    (void)request;
    for (size_t i = 0; i < headers_n; i++)
        if (strcasecmp(headers[i].name, name) == 0)
            return utf8_valid(headers[i].value, strlen(headers[i].value)) ? headers[i].value : NULL;
    return NULL;
}

static fixture *service_fixture;

static inline void service_remove(void)
{
    if (!service_fixture)
        return;
    fixture_remove(service_fixture);
    free(service_fixture);
    service_fixture = NULL;
}

/* A new one, on a directory of its own that goes when the process ends. */
static inline fixture *service_make(void)
{
    static bool registered;
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1); /* an assertion of the fixture's ends the process as CHECK does */
    service_remove();
    if (!registered)
        CHECK(atexit(service_remove) == 0);
    registered = true;
    service_fixture = malloc(sizeof *service_fixture);
    CHECK(service_fixture);
    fixture_init(service_fixture);
    log_set_level(LOG_ERROR);
    return service_fixture;
}

/* The database as it stands, and back to it: the service is closed and opened meanwhile. */
static inline bytes service_snapshot(fixture *f)
{
    bytes all;
    fixture_close(f);
    CHECK(file_read(f->arena, arena_printf(f->arena, "%s/yiqian.db", f->dir), 8 << 20, &all) == ERR_OK);
    fixture_open(f);
    f->now_ms = clock_unix_ms(); /* challenges from before a start do not count */
    return all;
}

static inline void service_restore(fixture *f, bytes snapshot)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/yiqian.db", f->dir);
    fixture_close(f);
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(snapshot.p, 1, snapshot.n, file) == snapshot.n && fclose(file) == 0);
    fixture_open(f);
    f->now_ms = clock_unix_ms();
}

/* As the phone's login: a challenge signed by its credential. */
static inline const char *service_login(const phone *p)
{
    static const char tag[] = "yiqian/device-session/1";
    uint8_t challenge[DEVICE_CHALLENGE], message[sizeof tag - 1 + 16 + DEVICE_CHALLENGE], rs[64];
    const char *token;
    int64_t expires_ms;
    CHECK(device_session_challenge(phone_call_as_nobody(p, NULL), p->enrolment_id, challenge) == ERR_OK);
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, p->enrolment_id, 16);
    memcpy(message + sizeof tag - 1 + 16, challenge, sizeof challenge);
    phone_credential_sign(p, bytes_of(message, sizeof message), rs);
    CHECK(device_session_begin(phone_call_as_nobody(p, NULL), p->enrolment_id, bytes_of(challenge, sizeof challenge),
                               rs, &token, &expires_ms) == ERR_OK);
    return token;
}

#endif
