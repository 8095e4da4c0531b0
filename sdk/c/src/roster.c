#include "roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "fingerprint.h"

static const uint8_t magic[8] = "yqindex\1"; /* the last byte is the version */
static const char index_name[] = "index";

enum { INDEX_MAX = sizeof magic + CONTEXT_URL + YQ_KEYS_MAX * 16 + SM3_SIZE };

/* The zeroed server URL in full, the ids, SM3 over both. */
static void index_encode(uint8_t out[INDEX_MAX], size_t *n, const yq_device *device, const char *server)
{
    char url[CONTEXT_URL] = {0};
    memcpy(url, server, strlen(server));
    buffer b = buffer_over(out, INDEX_MAX);
    buffer_put(&b, magic, sizeof magic);
    buffer_put(&b, url, sizeof url);
    for (size_t i = 0; i < device->keys_n; i++)
        buffer_put(&b, device->keys[i]->stored.id, 16);
    sm3(out + b.n, out, b.n);
    *n = b.n + SM3_SIZE;
}

static yq_status index_save(yq_device *device, const char *server)
{
    uint8_t record[INDEX_MAX];
    size_t n;
    index_encode(record, &n, device, server);
    const yq_storage *s = &device->platform.storage;
    return s->save(s->context, index_name, record, n) == YQ_PLATFORM_OK ? YQ_OK : YQ_STORAGE_FAILED;
}

static bool index_whole(const uint8_t *p, size_t n)
{
    uint8_t sum[SM3_SIZE];
    const size_t head = sizeof magic + CONTEXT_URL;
    if (n < head + SM3_SIZE || n > INDEX_MAX || (n - head - SM3_SIZE) % 16 != 0 || memcmp(p, magic, sizeof magic) != 0)
        return false;
    sm3(sum, p, n - SM3_SIZE);
    return memcmp(sum, p + n - SM3_SIZE, SM3_SIZE) == 0 && p[head - 1] == 0;
}

static void name_with(char out[YQ_NAME_MAX + 1], const char *prefix, const uint8_t id[16])
{
    char digits[33];
    hex_encode(digits, id, 16);
    (void)snprintf(out, YQ_NAME_MAX + 1, "%s-%s", prefix, digits);
}

void roster_credential_name(char out[YQ_NAME_MAX + 1], const stored_key *key)
{
    name_with(out, "credential", key->id);
}

void roster_fingerprint_name(char out[YQ_NAME_MAX + 1], const stored_key *key)
{
    name_with(out, "fingerprint", key->id);
}

static yq_status erase_record(yq_device *device, const stored_key *key)
{
    char name[YQ_NAME_MAX + 1];
    const yq_storage *s = &device->platform.storage;
    name_with(name, "key", key->id);
    return s->erase(s->context, name) == YQ_PLATFORM_OK ? YQ_OK : YQ_STORAGE_FAILED;
}

static yq_status erase_credential(yq_device *device, const stored_key *key)
{
    char name[YQ_NAME_MAX + 1];
    const yq_credential *c = &device->platform.credential;
    roster_credential_name(name, key);
    return c->erase(c->context, name) == YQ_PLATFORM_OK ? YQ_OK : YQ_CREDENTIAL_FAILED;
}

static void key_free(context_key *key)
{
    if (!key)
        return;
    wipe(key, sizeof *key);
    free(key);
}

void roster_free(yq_device *device)
{
    for (size_t i = 0; i < device->keys_n; i++)
        key_free(device->keys[i]);
    device->keys_n = 0;
}

static void drop(yq_device *device, context_key *key)
{
    size_t i = 0;
    while (i < device->keys_n && device->keys[i] != key)
        i++;
    if (i == device->keys_n)
        return;
    device->keys_n--;
    memmove(&device->keys[i], &device->keys[i + 1], (device->keys_n - i) * sizeof device->keys[0]);
}

/* *there is false for a name without a record. */
static yq_status load_key(yq_device *device, const uint8_t id[16], uint8_t *room, context_key *key, bool *there)
{
    char name[YQ_NAME_MAX + 1];
    const yq_storage *s = &device->platform.storage;
    size_t n = 0;
    name_with(name, "key", id);
    int loaded = s->load(s->context, name, room, YQ_RECORD_MAX, &n);
    *there = loaded != YQ_PLATFORM_NOT_FOUND;
    if (loaded == YQ_PLATFORM_OK) {
        key->damaged = n > YQ_RECORD_MAX || stored_key_decode(&key->stored, room, n) != ERR_OK ||
                       memcmp(key->stored.id, id, 16) != 0;
        memcpy(key->stored.id, id, 16);
    }
    return loaded == YQ_PLATFORM_OK || !*there ? YQ_OK : YQ_STORAGE_FAILED;
}

static yq_status load_keys(yq_device *device, const uint8_t *ids, size_t n, uint8_t *room)
{
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        context_key *key = calloc(1, sizeof *key);
        bool there = false;
        if (!key)
            return YQ_OUT_OF_MEMORY;
        yq_status status = load_key(device, ids + 16 * i, room, key, &there);
        if (status == YQ_OK && there) {
            device->keys[device->keys_n++] = key;
            continue;
        }
        memcpy(key->stored.id, ids + 16 * i, 16);
        if (status == YQ_OK) {
            all = false;
            (void)erase_credential(device, &key->stored);
            fingerprint_discard(device, &key->stored);
        }
        key_free(key);
        YQ_TRY(status);
    }
    /* Where this fails, the names without a record are dropped at the next opening. */
    if (!all)
        (void)index_save(device, device->server);
    return YQ_OK;
}

/* The key in whose place this one was made; NULL where there is none, or none any more. */
static context_key *replaced_by(yq_device *device, const context_key *made)
{
    if (made->damaged || made->stored.stage != STORED_ENROLLED || !stored_key_replaces(&made->stored))
        return NULL;
    for (size_t i = 0; i < device->keys_n; i++)
        if (memcmp(device->keys[i]->stored.id, made->stored.replaces, sizeof made->stored.replaces) == 0)
            return device->keys[i];
    return NULL;
}

/* A key that another one has taken the place of is destroyed at the server: what a crash left of it here goes. */
static void drop_replaced(yq_device *device)
{
    for (size_t i = 0; i < device->keys_n;) {
        size_t n = device->keys_n;
        context_key *gone = replaced_by(device, device->keys[i]);
        if (gone)
            roster_discard(device, gone);
        i = device->keys_n < n ? 0 : i + 1;
    }
}

yq_status roster_load(yq_device *device)
{
    const yq_storage *s = &device->platform.storage;
    size_t n = 0;
    uint8_t *index = malloc(YQ_RECORD_MAX), *room = malloc(YQ_RECORD_MAX);
    yq_status status = YQ_OK;
    if (!index || !room) {
        status = YQ_OUT_OF_MEMORY;
        goto out;
    }
    int loaded = s->load(s->context, index_name, index, YQ_RECORD_MAX, &n);
    if (loaded == YQ_PLATFORM_NOT_FOUND)
        goto out;
    if (loaded != YQ_PLATFORM_OK || !index_whole(index, n)) {
        status = YQ_STORAGE_FAILED;
        goto out;
    }
    memcpy(device->server, index + sizeof magic, CONTEXT_URL);
    const size_t head = sizeof magic + CONTEXT_URL;
    YQ_TRY_OUT(load_keys(device, index + head, (n - head - SM3_SIZE) / 16, room));
    drop_replaced(device);
    fingerprint_end_shared(device);
out:
    if (room)
        wipe(room, YQ_RECORD_MAX);
    free(room);
    free(index);
    return status;
}

context_key *roster_find(yq_device *device, const char *name)
{
    uint8_t id[16];
    if (!name || uuid_decode(id, name, strlen(name)) != ERR_OK)
        return NULL;
    for (size_t i = 0; i < device->keys_n; i++) {
        context_key *key = device->keys[i];
        bool has_key_id = !key->damaged && key->stored.stage >= STORED_KEYED;
        if (memcmp(key->stored.id, id, 16) == 0 || (has_key_id && memcmp(key->stored.key_id, id, 16) == 0))
            return key;
    }
    return NULL;
}

yq_status roster_add(yq_device *device, context_key **out)
{
    if (device->keys_n == YQ_KEYS_MAX)
        return YQ_LIMIT_REACHED;
    context_key *key = calloc(1, sizeof *key);
    if (!key)
        return YQ_OUT_OF_MEMORY;
    key->stored.stage = STORED_OPENING;
    key->stored.tries_left = -1;
    yq_status status = context_random(device, key->stored.id, sizeof key->stored.id);
    if (status == YQ_OK) {
        device->keys[device->keys_n++] = key;
        status = index_save(device, device->server);
        if (status != YQ_OK)
            device->keys_n--;
    }
    if (status != YQ_OK) {
        key_free(key);
        return status;
    }
    *out = key;
    return YQ_OK;
}

yq_status roster_save(yq_device *device, context_key *key, const stored_key *changed)
{
    char name[YQ_NAME_MAX + 1];
    const yq_storage *s = &device->platform.storage;
    size_t n;
    if (key->grant) { /* lives in memory only */
        key->stored = *changed;
        return YQ_OK;
    }
    uint8_t *record = malloc(YQ_RECORD_MAX);
    if (!record)
        return YQ_OUT_OF_MEMORY;
    name_with(name, "key", key->stored.id);
    stored_key_encode(record, &n, changed);
    int saved = s->save(s->context, name, record, n);
    wipe(record, YQ_RECORD_MAX);
    free(record);
    if (saved != YQ_PLATFORM_OK)
        return YQ_STORAGE_FAILED;
    key->stored = *changed;
    return YQ_OK;
}

yq_status roster_remove(yq_device *device, context_key *key)
{
    YQ_TRY(erase_record(device, &key->stored));
    YQ_TRY(erase_credential(device, &key->stored));
    YQ_TRY(fingerprint_erase(device, &key->stored));
    drop(device, key);
    key_free(key);
    return index_save(device, device->server);
}

void roster_discard(yq_device *device, context_key *key)
{
    yq_status status = roster_remove(device, key);
    (void)status;
}

/* "127.0.0.1", "[::1]", "localhost", followed by a port, a path or nothing. */
static bool is_loopback(const char *host)
{
    static const char v6[] = "[::1]", name[] = "localhost";
    size_t n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    if (n == sizeof v6 - 1 && memcmp(host, v6, n) == 0)
        return host[n] == 0 || host[n] == ':' || host[n] == '/';
    if (n == sizeof name - 1 && memcmp(host, name, n) == 0)
        return true;
    return n >= 7 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == n;
}

yq_status roster_check_server(char out[CONTEXT_URL], const char *url)
{
    static const char clear[] = "http://", tls[] = "https://";
    if (!url)
        return YQ_INVALID_ARGUMENT;
    size_t n = strlen(url);
    if (n > 0 && url[n - 1] == '/')
        n--;
    if (n >= CONTEXT_URL)
        return YQ_INVALID_ARGUMENT;
    for (size_t i = 0; i < n; i++)
        if (url[i] <= ' ' || url[i] > '~' || strchr("\"<>@?#\\^`{|}", url[i]))
            return YQ_INVALID_ARGUMENT;
    bool is_tls = strncmp(url, tls, sizeof tls - 1) == 0, is_clear = strncmp(url, clear, sizeof clear - 1) == 0;
    size_t scheme = is_tls ? sizeof tls - 1 : sizeof clear - 1;
    if ((!is_tls && !is_clear) || n <= scheme || strchr("/:", url[scheme]))
        return YQ_INVALID_ARGUMENT;
    if (is_clear && !is_loopback(url + scheme))
        return YQ_TRANSPORT_INSECURE;
    memcpy(out, url, n);
    out[n] = 0;
    return YQ_OK;
}

static yq_status set_server(yq_device *device, const char *url)
{
    char server[CONTEXT_URL] = {0};
    YQ_TRY(roster_check_server(server, url));
    YQ_TRY(index_save(device, server));
    memcpy(device->server, server, sizeof server);
    return YQ_OK;
}

yq_status yq_set_server(yq_device *device, const char *url)
{
    YQ_TRY(context_enter(device, NULL));
    return context_leave(device, set_server(device, url), NULL);
}

static yq_status get_server(const yq_device *device, char out[CONTEXT_URL])
{
    memcpy(out, device->server, CONTEXT_URL);
    return YQ_OK;
}

yq_status yq_get_server(yq_device *device, char out[256])
{
    if (!out)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, NULL));
    return context_leave(device, get_server(device, out), NULL);
}

static yq_status set_key_server(yq_device *device, const char *name, const char *url)
{
    context_key *key = roster_find(device, name);
    if (!key || key->damaged)
        return YQ_NOT_FOUND;
    stored_key changed = key->stored;
    yq_status status = roster_check_server(changed.server, url);
    if (status == YQ_OK)
        status = roster_save(device, key, &changed);
    context_forget_token(key); /* it belongs to the server at the old address */
    wipe(&changed, sizeof changed);
    return status;
}

yq_status yq_set_key_server(yq_device *device, const char *key, const char *url)
{
    YQ_TRY(context_enter(device, NULL));
    return context_leave(device, set_key_server(device, key, url), NULL);
}
