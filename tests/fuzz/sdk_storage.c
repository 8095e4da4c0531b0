/* The device over a storage that somebody else has written: the index of keys and the records, with sums that are right, so that what stands
 * behind the sums is reached. Nothing may crash, and what is read as a record is written as the same bytes.
 *
 * Input: first byte odd: the rest is one record. Even: two bytes size of the index, the index, then the record that every name gives. */
#include "crypto/sm3.h"
#include "fuzz.h"
#include "stored_key.h"

enum { INPUT_MAX = YQ_RECORD_MAX - SM3_SIZE };

static uint8_t record[YQ_RECORD_MAX], index_room[YQ_RECORD_MAX], again[YQ_RECORD_MAX];
static size_t record_n, index_n;

/* The content and its sum. */
static size_t put_sum(uint8_t *room, bytes content)
{
    size_t n = content.n < INPUT_MAX ? content.n : INPUT_MAX;
    memcpy(room, content.p ? content.p : room, n);
    sm3(room + n, room, n);
    return n + SM3_SIZE;
}

static void check_record(void)
{
    static stored_key key;
    size_t n;
    if (stored_key_decode(&key, record, record_n) != ERR_OK)
        return;
    stored_key_encode(again, &n, &key);
    CHECK(n == record_n && memcmp(again, record, n) == 0);
}

static int load(void *context, const char *name, uint8_t *out, size_t capacity, size_t *n)
{
    (void)context;
    bool is_index = strcmp(name, "index") == 0;
    *n = is_index ? index_n : record_n;
    CHECK(*n <= capacity);
    memcpy(out, is_index ? index_room : record, *n);
    return YQ_PLATFORM_OK;
}

static int save(void *context, const char *name, const uint8_t *p, size_t n)
{
    (void)context;
    CHECK(n > 0 && n <= YQ_RECORD_MAX && p && strlen(name) <= YQ_NAME_MAX);
    return YQ_PLATFORM_OK;
}

static int erase(void *context, const char *name)
{
    (void)context;
    (void)name;
    return YQ_PLATFORM_OK;
}

static int exchange(void *context, const yq_http_request *request, int *status, yq_http_answer *answer)
{
    (void)context;
    CHECK(strlen(request->url) > 0);
    *status = 200;
    return yq_http_answer_write(answer, "{}", 2) ? YQ_PLATFORM_OK : YQ_PLATFORM_FAILED;
}

static int fill(void *context, uint8_t *out, size_t n)
{
    (void)context;
    memset(out, 7, n);
    return YQ_PLATFORM_OK;
}

static int create(void *context, const char *name, uint8_t public_key[65])
{
    (void)context;
    (void)name;
    memset(public_key, 4, 65);
    return YQ_PLATFORM_OK;
}

static int sign(void *context, const char *name, const uint8_t *message, size_t n, uint8_t rs[64])
{
    (void)context;
    CHECK(name && message && n > 0);
    memset(rs, 1, 64);
    return YQ_PLATFORM_OK;
}

static int wrap(void *context, const char *name, const uint8_t *secret, size_t n)
{
    (void)context;
    CHECK(name && secret && n <= YQ_FINGERPRINT_MAX);
    return YQ_PLATFORM_OK;
}

static int unwrap(void *context, const char *name, const char *prompt, uint8_t *secret, size_t capacity, size_t *n)
{
    (void)context;
    CHECK(name && prompt && capacity == YQ_FINGERPRINT_MAX);
    memset(secret, 5, 48);
    *n = 48;
    return YQ_PLATFORM_OK;
}

static void use(yq_device *device)
{
    static yq_key_info keys[YQ_KEYS_MAX];
    static uint8_t certificate[4096];
    static const char url[] = "https://b.example";
    yq_problem problem;
    size_t n, certificate_n;
    CHECK(yq_list_keys(device, keys, YQ_KEYS_MAX, &n) == YQ_OK && n <= YQ_KEYS_MAX);
    yq_status status = yq_sync_keys(device, &problem);
    CHECK(status != YQ_REENTERED && status != YQ_NOT_FOUND);
    for (size_t i = 0; i < n && i < 2; i++) {
        CHECK(strlen(keys[i].server) < sizeof keys[i].server && strlen(keys[i].name) < sizeof keys[i].name);
        for (unsigned place = 0; place < 4; place++)
            if (yq_key_certificate(device, keys[i].key, place, certificate, sizeof certificate, &certificate_n) ==
                YQ_OK)
                CHECK(certificate_n <= sizeof certificate);
        status = yq_set_key_server(device, keys[i].key, url);
        CHECK(status == (keys[i].stage == YQ_KEY_DAMAGED ? YQ_NOT_FOUND : YQ_OK));
        status = yq_disable_fingerprint(device, keys[i].key);
        CHECK(status == (keys[i].stage == YQ_KEY_ENROLLED ? YQ_OK : YQ_WRONG_STATE));
        CHECK(yq_remove_key(device, keys[i].key, true, &problem) == YQ_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const yq_platform platform = {.storage = {NULL, load, save, erase},
                                         .transport = {.exchange = exchange},
                                         .entropy = {NULL, fill},
                                         .credential = {NULL, create, sign, erase},
                                         .fingerprint = {NULL, wrap, unwrap, erase}};
    if (n == 0 || n > INPUT_MAX)
        return 0;
    choices c = {bytes_of(p, n)};
    yq_device *device;
    bool only_record = choose(&c) & 1;
    index_n = only_record ? 0 : put_sum(index_room, choose_bytes(&c, choose_u16(&c)));
    record_n = put_sum(record, c.left);
    check_record();
    if (!only_record && yq_device_open(&device, &platform, NULL) == YQ_OK) {
        use(device);
        yq_device_close(device);
    }
    return 0;
}
