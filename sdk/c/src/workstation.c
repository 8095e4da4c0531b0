#include "workstation.h"

#include <stdlib.h>
#include <string.h>

#include "attributes.h"
#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "roster.h"
#include "wire.h"

enum { NAME_CHARACTERS = 64, CODE_MAX = 64, ARENA_MAX = 1 << 20 };

chain_trust workstation_trust(const yq_workstation *w)
{
    return (chain_trust){bytes_of(w->stored.certificate[1], w->stored.certificate_n[1]),
                         bytes_of(w->stored.certificate[2], w->stored.certificate_n[2])};
}

/* ---- opening ---- */

/* No credential is asked of a workstation's platform; nothing here calls one. */
static bool platform_whole(const yq_platform *p)
{
    return p && p->storage.load && p->storage.save && p->storage.erase && p->transport.exchange && p->entropy.fill;
}

static yq_status load(yq_workstation *w)
{
    yq_status status = stored_workstation_load(&w->device->platform.storage, &w->stored);
    if (status == YQ_NOT_FOUND)
        return YQ_OK;
    if (status == YQ_OK && sm2_private_from_bytes(&w->installation, w->stored.d) != ERR_OK)
        status = YQ_STORAGE_FAILED;
    w->registered = status == YQ_OK && w->stored.registered;
    return status;
}

yq_status yq_workstation_open(yq_workstation **out, const yq_platform *platform, const yq_options *options)
{
    if (!out || !platform_whole(platform))
        return YQ_INVALID_ARGUMENT;
    *out = NULL;
    yq_workstation *w = calloc(1, sizeof *w);
    if (!w)
        return YQ_OUT_OF_MEMORY;
    yq_status status = context_create(&w->device, platform, options);
    if (status == YQ_OK) {
        w->options = (yq_options){.document_max = w->device->document_max};
        status = load(w);
    }
    if (status == YQ_OK)
        *out = w;
    else
        yq_workstation_close(w);
    return status;
}

void yq_workstation_close(yq_workstation *w)
{
    if (!w)
        return;
    context_destroy(w->device);
    sm2_private_wipe(&w->installation);
    wipe(w, sizeof *w);
    free(w);
}

/* ---- registering ---- */

/* The key of an earlier attempt for the same server and name, whose answer may have been lost; else a new one, stored before it is sent. */
static yq_status prepare(yq_workstation *w, stored_workstation *changed, const char *server, const char *name)
{
    bool again = *w->stored.server && strcmp(w->stored.server, server) == 0 && strcmp(w->stored.name, name) == 0;
    *changed = w->stored;
    if (again)
        return YQ_OK;
    memset(changed, 0, sizeof *changed);
    memcpy(changed->server, server, strlen(server) + 1);
    memcpy(changed->name, name, strlen(name) + 1);
    YQ_TRY(status_of_own(sm2_private_generate(&w->installation, &w->device->rng)));
    scalar_to_bytes(changed->d, &w->installation.d);
    YQ_TRY(stored_workstation_save(&w->device->platform.storage, changed));
    w->stored = *changed;
    return YQ_OK;
}

/* "yiqian/workstation-registration/1" || public key || SM3(name). */
static yq_status prove(yq_workstation *w, const char *name, uint8_t proof[64])
{
    static const char tag[] = "yiqian/workstation-registration/1";
    uint8_t message[sizeof tag - 1 + POINT_SIZE + SM3_SIZE], e[32];
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, w->installation.public_key, POINT_SIZE);
    sm3(message + sizeof tag - 1 + POINT_SIZE, name, strlen(name));
    sm2_digest(e, w->installation.public_key, bytes_of(message, sizeof message));
    return status_of_own(sm2_sign(proof, &w->installation, e, &w->device->rng));
}

static err read_certificate(stored_workstation *changed, arena *a, size_t place, json_value value)
{
    bytes der;
    TRY(json_reader_base64(a, &der, value, STORED_CERTIFICATE_MAX));
    memcpy(changed->certificate[place], der.p, der.n);
    changed->certificate_n[place] = der.n;
    return ERR_OK;
}

static err read_registration(stored_workstation *changed, arena *a, json_value root)
{
    json_value value, array;
    size_t position = 0, n;
    TRY(json_reader_field(&value, root, "workstation"));
    TRY(json_reader_uuid(changed->id, value));
    TRY(json_reader_field(&value, root, "place"));
    TRY(json_reader_copy(changed->place, sizeof changed->place, value));
    TRY(json_reader_field(&value, root, "certificate"));
    TRY(read_certificate(changed, a, 0, value));
    TRY(json_reader_field(&array, root, "chain"));
    TRY(json_reader_count(&n, array, STORED_CERTIFICATES - 1));
    if (n == 0)
        return ERR_FIELD_LENGTH;
    for (size_t i = 1; json_reader_next(&value, array, &position); i++)
        TRY(read_certificate(changed, a, i, value));
    return ERR_OK;
}

/* For this key, this name, and under the CA that came with it, which is trusted from now on. */
static yq_status check_certificate(const yq_workstation *w, const stored_workstation *changed)
{
    const chain_trust trust = {bytes_of(changed->certificate[1], changed->certificate_n[1]),
                               bytes_of(changed->certificate[2], changed->certificate_n[2])};
    char name[STORED_TEXT], place[STORED_TEXT];
    int64_t now;
    cert c;
    YQ_TRY(attributes_now(w->device, &now));
    const bytes own = bytes_of(changed->certificate[0], changed->certificate_n[0]);
    if (chain_check(&c, own, &trust, CHAIN_WORKSTATION, now) != ERR_OK ||
        memcmp(c.public_key, w->installation.public_key, POINT_SIZE) != 0 ||
        chain_name(name, sizeof name, c.subject, OID_COMMON_NAME) != ERR_OK || strcmp(name, changed->name) != 0 ||
        chain_name(place, sizeof place, c.subject, OID_ORGANIZATIONAL_UNIT) != ERR_OK ||
        strcmp(place, changed->place) != 0)
        return YQ_ANSWER_REJECTED;
    return YQ_OK;
}

static yq_status ask(yq_workstation *w, stored_workstation *changed, const char *code)
{
    uint8_t body[WIRE_BODY], proof[64];
    json_writer writer;
    json_value root;
    wire_answer answer = {0};
    YQ_TRY(prove(w, changed->name, proof));
    wire_begin(&writer, body, sizeof body);
    json_writer_text(&writer, "name", changed->name);
    json_writer_text(&writer, "registration_code", code);
    json_writer_hex(&writer, "public_key", w->installation.public_key, POINT_SIZE);
    json_writer_hex(&writer, "proof", proof, sizeof proof);
    YQ_TRY(wire_end(&writer));
    const wire_call call = {"POST", "/v1/workstation/registrations", writer.out.p, writer.out.n, WIRE_SMALL};
    arena *a = arena_create(ARENA_MAX);
    yq_status status = a ? wire_exchange(w->device, changed->server, &call, &answer) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_registration(changed, a, root));
    wipe(body, sizeof body);
    wire_answer_free(&answer);
    arena_destroy(a);
    return status;
}

static yq_status register_with(yq_workstation *w, const char *url, const char *name, const char *code,
                               stored_workstation *changed)
{
    char server[CONTEXT_URL] = {0};
    if (w->registered)
        return YQ_WRONG_STATE;
    YQ_TRY(roster_check_server(server, url));
    YQ_TRY(prepare(w, changed, server, name));
    YQ_TRY(ask(w, changed, code));
    YQ_TRY(check_certificate(w, changed));
    changed->registered = true;
    YQ_TRY(stored_workstation_save(&w->device->platform.storage, changed));
    w->stored = *changed;
    w->registered = true;
    return YQ_OK;
}

yq_status yq_workstation_register(yq_workstation *workstation, const char *server, const char *name, const char *code,
                                  yq_problem *problem)
{
    stored_workstation changed;
    context_clear_problem(problem);
    if (!workstation || !context_text_valid(name, NAME_CHARACTERS) || !context_text_valid(code, CODE_MAX))
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(workstation->device, problem));
    yq_status status = register_with(workstation, server, name, code, &changed);
    wipe(&changed, sizeof changed);
    return context_leave(workstation->device, status, problem);
}

/* ---- what is known ---- */

yq_status yq_workstation_describe(yq_workstation *workstation, yq_workstation_info *out)
{
    if (!workstation || !out)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(workstation->device, NULL));
    const stored_workstation *s = &workstation->stored;
    memset(out, 0, sizeof *out);
    if (workstation->registered) {
        uuid_encode(out->workstation, s->id);
        memcpy(out->name, s->name, sizeof out->name);
        memcpy(out->place, s->place, sizeof out->place);
        memcpy(out->server, s->server, sizeof out->server);
    }
    return context_leave(workstation->device, workstation->registered ? YQ_OK : YQ_NOT_FOUND, NULL);
}

static yq_status forget(yq_workstation *w)
{
    if (w->authorisations > 0)
        return YQ_WRONG_STATE;
    YQ_TRY(stored_workstation_erase(&w->device->platform.storage));
    w->registered = false;
    wipe(&w->stored, sizeof w->stored);
    sm2_private_wipe(&w->installation);
    return YQ_OK;
}

yq_status yq_workstation_forget(yq_workstation *workstation)
{
    if (!workstation)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(workstation->device, NULL));
    return context_leave(workstation->device, forget(workstation), NULL);
}
