/* The device against a hostile server. An enrolled device (tests/unit/sdk/fake.h plays platform and server) makes one call, and one of the
 * server's answers is the input's. First byte: which call; second: which answer is replaced; two bytes: its HTTP status; the rest: its body.
 * The honest server checks every request to the letter, so a device that is misled into sending something else is found too. What the
 * device gives out as signed verifies, and belongs to the document that was shown. */
#include "fuzz.h"
#include "unit/sdk/fake.h"

enum { CALLS = 9, TEXT = 12 };

#define PURPOSE "登录门诊工作站"

static char code[YQ_QR_MAX], enrolment_code[YQ_QR_MAX], assertion[1024]; /* of the honest server's login */

static fake *honest; /* enrolled, with a task; every input works on a copy of it */

static void copy_files(fake *to)
{
    for (size_t i = 0; i < FAKE_FILES; i++)
        if (to->files[i].p) {
            uint8_t *p = malloc(to->files[i].n);
            CHECK(p);
            memcpy(p, to->files[i].p, to->files[i].n);
            to->files[i].p = p;
        }
}

static fake *copy(void)
{
    fake *f = malloc(sizeof *f);
    CHECK(f);
    memcpy(f, honest, sizeof *f);
    copy_files(f);
    for (size_t i = 0; i < FAKE_FILES; i++)
        CHECK(!f->credentials[i].key || EVP_PKEY_up_ref(f->credentials[i].key) == 1);
    for (size_t i = 0; i < FAKE_ENROLMENTS; i++)
        f->enrolments[i].done = json_deep_copy(f->enrolments[i].done);
    for (size_t i = 0; i < f->tasks_n; i++)
        if (f->tasks[i].document) {
            uint8_t *p = malloc(f->tasks[i].document_n + 1);
            CHECK(p);
            memcpy(p, honest->tasks[i].document, f->tasks[i].document_n);
            f->tasks[i].document = p;
        }
    return f;
}

static void forget(void)
{
    fake_free(honest);
    honest = NULL;
}

/* A login on a screen, its second task; and an enrolment. */
static void show_login(const yq_key_info *key)
{
    uint8_t plain[30] = {0};
    char id[UUID_TEXT];
    arena *a = arena_create(1 << 16);
    CHECK(a);
    fake_id(honest, honest->scan.id);
    uuid_encode(id, honest->scan.id);
    memcpy(plain, honest->scan.id, 16);
    (void)snprintf(code, sizeof code, "YIQIAN:1:L:%s", base64url_text(a, plain, sizeof plain));
    (void)snprintf(enrolment_code, sizeof enrolment_code, "YIQIAN:1:E:%s", base64url_text(a, plain, sizeof plain));
    arena_destroy(a);
    (void)snprintf(
        assertion, sizeof assertion,
        "{\"type\":\"yiqian/login/1\",\"system\":\"电子病历\",\"system_id\":\"0190a3f0-0000-7000-8000-0000000000aa\","
        "\"login\":\"%s\",\"nonce\":\"n\",\"purpose\":\"" PURPOSE "\",\"staff_no\":\"%s\",\"name\":\"%s\","
        "\"certificate\":\"%s\",\"time\":\"2026-03-01T08:00:00.000Z\"}",
        id, key->staff_no, key->name, key->serial);
    honest->scan.kind = "login";
    honest->scan.code = code;
    honest->scan.purpose = PURPOSE;
    fake_task *task = fake_add_task(honest, 0, "raw", assertion, strlen(assertion));
    task->kind = "login";
    memcpy(task->id, honest->scan.id, sizeof task->id);
}

static void set_up(void)
{
    yq_key_info key;
    if (honest)
        return;
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1);
    honest = fake_make();
    yq_device *device = fake_device(honest);
    fake_enrol_person(device, 0, &key);
    yq_device_close(device);
    (void)fake_add_task(honest, 0, "raw", "出院小结", TEXT);
    show_login(&key);
    CHECK(atexit(forget) == 0);
}

static void check_problem(const yq_problem *problem)
{
    const struct {
        const char *text;
        size_t cap;
    } texts[] = {{problem->code, sizeof problem->code},         {problem->title, sizeof problem->title},
                 {problem->title_en, sizeof problem->title_en}, {problem->hint, sizeof problem->hint},
                 {problem->hint_en, sizeof problem->hint_en},   {problem->detail, sizeof problem->detail},
                 {problem->field, sizeof problem->field}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(memchr(texts[i].text, 0, texts[i].cap) && utf8_valid(texts[i].text, strlen(texts[i].text)));
}

static void check_tasks(const yq_tasks *tasks)
{
    CHECK(tasks->n <= 1000);
    for (size_t i = 0; i < tasks->n; i++) {
        const yq_task *t = &tasks->items[i];
        uint8_t id[16];
        CHECK(uuid_decode(id, t->task, strlen(t->task)) == ERR_OK);
        CHECK(t->title && t->description && t->reference && t->media_type && t->system && t->created_at &&
              t->expires_at);
    }
}

/* What was signed of form cms holds the digest that was shown, whatever the server said. */
static void attributes_digest(const yq_task *task, uint8_t e[32])
{
    fake_task shown = {.form = "cms"};
    memcpy(shown.digest, task->digest, sizeof shown.digest);
    fake_attributes_digest(&honest->enrolments[0], &shown, FAKE_NOW_TEXT, e);
}

static void sign(yq_device *device, const yq_key_info *key, const yq_tasks *tasks)
{
    static yq_sign_result results[1];
    static const char document[] = "出院小结";
    yq_sign_item item = {.task = &tasks->items[0], .document = (const uint8_t *)document, .document_n = TEXT};
    yq_sign_summary summary;
    yq_problem problem;
    uint8_t e[32];
    yq_status status = yq_sign(device, key->key, &item, 1, FAKE_PIN, strlen(FAKE_PIN), results, &summary, &problem);
    check_problem(&problem);
    CHECK((status == YQ_OK) == (results[0].status == YQ_OK));
    if (status != YQ_OK)
        return;
    if (item.task->form == YQ_FORM_RAW)
        sm2_digest(e, honest->enrolments[0].share.P, bytes_of(document, TEXT));
    else if (item.task->form == YQ_FORM_DIGEST)
        sm2_digest(e, honest->enrolments[0].share.P, bytes_of(item.task->digest, 32));
    else
        attributes_digest(item.task, e);
    CHECK(sm2_verify_bytes(honest->enrolments[0].share.P, e, results[0].rs) == ERR_OK);
    CHECK(memchr(results[0].signed_at, 0, sizeof results[0].signed_at));
}

/* Tasks are pulled honestly first where the call is about one. */
static void on_task(fake *f, yq_device *device, const yq_key_info *key, bool signs)
{
    const char *raw = f->raw;
    yq_tasks tasks;
    yq_document document;
    yq_problem problem;
    if (f->raw_for != FAKE_LIST)
        f->raw = NULL;
    yq_status status = yq_pull_tasks(device, key->key, NULL, 1000, &tasks, &problem);
    check_problem(&problem);
    f->raw = raw;
    if (status != YQ_OK)
        return;
    check_tasks(&tasks);
    if (tasks.n > 0 && signs) {
        sign(device, key, &tasks);
    } else if (tasks.n > 0 && tasks.items[0].has_document) {
        status = yq_task_document(device, key->key, &tasks.items[0], &document, &problem);
        if (status == YQ_OK) {
            uint8_t digest[32];
            sm3(digest, document.p, document.n);
            CHECK(memcmp(digest, tasks.items[0].digest, 32) == 0);
            yq_document_free(&document);
        }
    }
    yq_tasks_free(&tasks);
}

/* Whatever is told, only the honest assertion of what was shown is signed. */
static void on_login(fake *f, yq_device *device, const yq_key_info *key)
{
    yq_scanned seen;
    yq_sign_result result;
    yq_sign_summary summary;
    yq_problem problem;
    uint8_t e[32];
    f->tasks[0].done = true; /* the login is all there is */
    yq_status status = yq_scan(device, key->key, code, &seen, &problem);
    check_problem(&problem);
    CHECK((status == YQ_OK) == (seen.memory != NULL));
    if (status != YQ_OK)
        return;
    CHECK(seen.kind == YQ_QR_LOGIN && seen.n == !seen.number_wanted && utf8_valid(seen.system, strlen(seen.system)) &&
          utf8_valid(seen.purpose, strlen(seen.purpose)));
    status = yq_sign_login(device, key->key, &seen, FAKE_PIN, strlen(FAKE_PIN), &result, &summary, &problem);
    check_problem(&problem);
    if (status == YQ_OK) {
        CHECK(strcmp(seen.system, "电子病历") == 0 && strcmp(seen.purpose, PURPOSE) == 0);
        sm2_digest(e, honest->enrolments[0].share.P, bytes_of_text(assertion));
        CHECK(sm2_verify_bytes(honest->enrolments[0].share.P, e, result.rs) == ERR_OK);
    }
    yq_scanned_free(&seen);
}

static void on_other_keys(yq_device *device, const yq_key_info *key)
{
    yq_other_key keys[YQ_OTHER_KEYS_MAX];
    size_t n;
    yq_problem problem;
    yq_status status = yq_list_other_keys(device, key->key, keys, YQ_OTHER_KEYS_MAX, &n, &problem);
    check_problem(&problem);
    for (size_t i = 0; status == YQ_OK && i < n; i++)
        CHECK(strlen(keys[i].key_id) == UUID_TEXT - 1 && memchr(keys[i].platform, 0, sizeof keys[i].platform) &&
              memchr(keys[i].device_name, 0, sizeof keys[i].device_name));
}

static void on_enrolment(yq_device *device)
{
    yq_offer offer;
    yq_problem problem;
    yq_status status = yq_scan_enrolment(device, FAKE_URL, enrolment_code, &offer, &problem);
    check_problem(&problem);
    CHECK((status == YQ_OK) == (*offer.activation_code != 0));
}

static void make_call(fake *f, yq_device *device, const yq_key_info *key, unsigned call)
{
    yq_key_info out;
    yq_problem problem;
    yq_tasks tasks;
    switch (call) {
    case 0:
        if (yq_pull_tasks(device, key->key, NULL, 1000, &tasks, &problem) == YQ_OK) {
            check_tasks(&tasks);
            yq_tasks_free(&tasks);
        }
        check_problem(&problem);
        break;
    case 1:
        (void)!yq_sync_key(device, key->key, &out, &problem);
        check_problem(&problem);
        break;
    case 2:
        on_task(f, device, key, false);
        break;
    case 3:
        on_task(f, device, key, true);
        break;
    case 4:
        (void)!fake_try_enrol(device, 1, &out, &problem);
        check_problem(&problem);
        break;
    case 6:
        on_login(f, device, key);
        break;
    case 7:
        on_other_keys(device, key);
        break;
    case 8:
        on_enrolment(device);
        break;
    default:
        (void)!yq_remove_key(device, key->key, false, &problem);
        check_problem(&problem);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    choices c = {bytes_of(p, n)};
    yq_key_info keys[YQ_KEYS_MAX];
    size_t keys_n;
    set_up();
    unsigned call = choose_below(&c, CALLS);
    fake *f = copy();
    f->raw_for = (fake_call)choose_below(&c, FAKE_CALLS);
    f->raw_status = (int)(choose_u16(&c) % 620);
    f->raw = c.left.n > 0 ? (const char *)c.left.p : "";
    f->raw_n = c.left.n;
    yq_device *device = fake_device(f);
    CHECK(yq_list_keys(device, keys, YQ_KEYS_MAX, &keys_n) == YQ_OK && keys_n == 1);
    make_call(f, device, &keys[0], call);
    yq_device_close(device);
    /* What was stored meanwhile can be opened. */
    device = fake_device(f);
    yq_device_close(device);
    fake_free(f);
    return 0;
}
