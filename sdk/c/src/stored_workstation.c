#include "stored_workstation.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "record.h"

static const uint8_t magic[RECORD_MAGIC] = "yqwork\0\1"; /* the last byte is the version */
static const char record_name[] = "workstation";

static void whole(record *r, stored_workstation *w)
{
    record_flag(r, &w->registered);
    record_text(r, w->server, sizeof w->server);
    record_text(r, w->name, sizeof w->name);
    record_text(r, w->place, sizeof w->place);
    record_raw(r, w->d, sizeof w->d);
    record_raw(r, w->id, sizeof w->id);
    for (size_t i = 0; i < STORED_CERTIFICATES; i++)
        record_variable(r, w->certificate[i], &w->certificate_n[i], sizeof w->certificate[i]);
}

static void room_free(uint8_t *room)
{
    wipe(room, YQ_RECORD_MAX);
    free(room);
}

static yq_status decode(stored_workstation *out, const uint8_t *p, size_t n)
{
    record r;
    memset(out, 0, sizeof *out);
    if (n > YQ_RECORD_MAX || record_read(&r, p, n, magic) != ERR_OK)
        return YQ_STORAGE_FAILED;
    whole(&r, out);
    return record_finish(&r) == ERR_OK ? YQ_OK : YQ_STORAGE_FAILED;
}

yq_status stored_workstation_load(const yq_storage *storage, stored_workstation *out)
{
    size_t n = 0;
    uint8_t *room = malloc(YQ_RECORD_MAX);
    if (!room)
        return YQ_OUT_OF_MEMORY;
    int loaded = storage->load(storage->context, record_name, room, YQ_RECORD_MAX, &n);
    yq_status status = loaded == YQ_PLATFORM_NOT_FOUND ? YQ_NOT_FOUND : YQ_STORAGE_FAILED;
    if (loaded == YQ_PLATFORM_OK)
        status = decode(out, room, n);
    room_free(room);
    return status;
}

yq_status stored_workstation_save(const yq_storage *storage, const stored_workstation *workstation)
{
    stored_workstation source = *workstation;
    uint8_t *room = malloc(YQ_RECORD_MAX);
    if (!room)
        return YQ_OUT_OF_MEMORY;
    record r = record_write(room, magic);
    whole(&r, &source);
    size_t n = record_end(&r);
    int saved = storage->save(storage->context, record_name, room, n);
    wipe(&source, sizeof source);
    room_free(room);
    return saved == YQ_PLATFORM_OK ? YQ_OK : YQ_STORAGE_FAILED;
}

yq_status stored_workstation_erase(const yq_storage *storage)
{
    return storage->erase(storage->context, record_name) == YQ_PLATFORM_OK ? YQ_OK : YQ_STORAGE_FAILED;
}
