/* The workstation, and the phone that authorises it, against a hostile server: one of its answers is the input's. First byte: which call; second: which
 * answer is replaced; two bytes: its HTTP status; the rest: its body. The code that is scanned may be the input's too. What is given out as
 * signed verifies under the person's key and belongs to a task within the scope; nothing is signed where the share was not opened. */
#include "fuzz.h"
#include "unit/sdk/ward.h"

#define SCOPE "{\"v\":1,\"systems\":[\"电子病历\"],\"record_types\":[],\"until\":1772357400,\"count\":5}"

enum { CALLS = 5 };

static const char *const ends[] = {"/registrations",
                                   "/challenges",
                                   "/sessions",
                                   "/v1/workstation/authorisations",
                                   "",
                                   "/tasks",
                                   "/document",
                                   "/sign-requests",
                                   "/signatures",
                                   "/close",
                                   "/offer",
                                   "/sids",
                                   "/authorisations",
                                   "/v1/device/authorisations"};

static ward *model; /* with a CA, a person and a registered workstation; every input works on a copy of it */

static void forget(void)
{
    ward_free(model);
}

static void set_up(void)
{
    if (model)
        return;
    (void)setenv("CMOCKA_TEST_ABORT", "1", 1);
    model = ward_make();
    yq_workstation_close(ward_registered(model));
    CHECK(atexit(forget) == 0);
}

/* Its certificates and signers stay the model's. */
static ward *copy(void)
{
    ward *w = malloc(sizeof *w);
    fake *f = malloc(sizeof *f);
    CHECK(w && f);
    memcpy(w, model, sizeof *w);
    memcpy(f, model->f, sizeof *f);
    w->f = f;
    for (size_t i = 0; i < FAKE_FILES; i++)
        if (f->files[i].p) {
            uint8_t *p = malloc(f->files[i].n);
            CHECK(p);
            memcpy(p, f->files[i].p, f->files[i].n);
            f->files[i].p = p;
        }
    return w;
}

/* The storage of a workstation that was never registered. */
static void unregister(ward *w)
{
    CHECK(fake_erase(w->f, "workstation") == YQ_PLATFORM_OK);
    w->registered = false;
}

static bool agree(void *context, const yq_workstation_offer *offer, yq_consent *consent)
{
    (void)context;
    CHECK(utf8_valid(offer->name, strlen(offer->name)) && utf8_valid(offer->place, strlen(offer->place)));
    CHECK(strcmp(offer->name, WARD_STATION) == 0 &&
          strcmp(offer->place, WARD_PLACE) == 0); /* nobody else's certificate */
    if (consent->allowed.count == 0)
        consent->allowed = (yq_scope){.until = FAKE_NOW + 60, .count = 1};
    memcpy(consent->pin, FAKE_PIN, consent->pin_n = strlen(FAKE_PIN));
    return true;
}

static void check_status(const yq_authorisation_status *s)
{
    CHECK(s->count_left >= 0 && s->count_left <= YQ_SCOPE_COUNT);
    CHECK(memchr(s->closed_by, 0, sizeof s->closed_by));
    CHECK(s->state != YQ_AUTHORISATION_ACTIVE || strcmp(s->staff_no, "D1001") == 0);
}

static void sign(ward *w, yq_authorisation *a)
{
    yq_tasks tasks;
    yq_sign_result result;
    yq_authorisation_status status;
    if (yq_authorisation_pull(a, NULL, 10, &tasks, NULL) != YQ_OK)
        return;
    const yq_sign_item item = {.task = tasks.items, .allow_unseen = true};
    if (tasks.n > 0 && yq_authorisation_sign(a, &item, 1, &result, NULL) == YQ_OK) {
        uint8_t e[32];
        CHECK(strcmp(item.task->system, "电子病历") == 0 && item.task->kind == YQ_KIND_DOCUMENT);
        CHECK(item.task->form != YQ_FORM_OTHER);
        sm2_digest(e, w->share.P,
                   item.task->form == YQ_FORM_RAW ? bytes_of_text("出院小结") : bytes_of(item.task->digest, 32));
        if (item.task->form != YQ_FORM_CMS)
            CHECK(sm2_verify_bytes(w->share.P, e, result.rs) == ERR_OK);
    }
    yq_tasks_free(&tasks);
    CHECK(yq_authorisation_look(a, &status) == YQ_OK);
    check_status(&status);
}

static void work(ward *w, yq_workstation *station)
{
    yq_authorisation *a;
    yq_authorisation_status status;
    if (yq_authorisation_offer(station, NULL, &a, NULL) != YQ_OK)
        return;
    if (w->has_offer)
        ward_approve(w, SCOPE, NULL, NULL);
    if (yq_authorisation_wait(a, 1, &status, NULL) == YQ_OK)
        check_status(&status);
    sign(w, a);
    (void)!yq_authorisation_close(a, NULL);
    CHECK(!a->grant.active && scalar_is_zero(&a->grant.d1));
    yq_authorisation_free(a);
}

static void phone(ward *w, yq_workstation *station, unsigned call, bytes input)
{
    char key[37], code[WORKSTATION_CODE_TEXT + 20];
    yq_authorisation *a;
    yq_authorisations all;
    yq_device *device = ward_phone(w);
    const yq_approval approval = {.code = code, .confirm = agree};
    uuid_encode(key, w->key_id);
    CHECK(yq_authorisation_offer(station, NULL, &a, NULL) == YQ_OK);
    (void)snprintf(code, sizeof code, "%s", yq_authorisation_code(a));
    if (call == 3) {
        (void)snprintf(code, sizeof code, "%.*s", (int)input.n, input.n ? (const char *)input.p : "");
        CHECK(yq_authorise(device, key, &approval, NULL, NULL) != YQ_OK || strcmp(code, yq_authorisation_code(a)) == 0);
    } else if (call == 2) {
        (void)!yq_authorise(device, key, &approval, NULL, NULL);
    } else if (yq_list_authorisations(device, key, &all, NULL) == YQ_OK) {
        for (size_t i = 0; i < all.n; i++)
            CHECK(all.items[i].closed_by && all.items[i].workstation_name && all.items[i].count_left >= 0);
        yq_authorisations_free(&all);
    }
    yq_authorisation_free(a);
    yq_device_close(device);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    choices c = {bytes_of(p, n)};
    set_up();
    ward *w = copy();
    (void)fake_add_task(w->f, 0, "raw", "出院小结", 12);
    unsigned call = choose_below(&c, CALLS);
    if (call == 0)
        unregister(w);
    yq_workstation *station = ward_open(w);
    const char *end = ends[choose_below(&c, COUNT(ends))];
    const int status = (int)(choose_u16(&c) % 620);
    if (call < 2) {
        w->raw_end = end;
        w->raw_status = status;
        w->raw = c.left;
    }
    if (call == 0) {
        yq_workstation_info info;
        if (yq_workstation_register(station, FAKE_URL, WARD_STATION, WARD_CODE, NULL) == YQ_OK)
            CHECK(yq_workstation_describe(station, &info) == YQ_OK && strcmp(info.name, WARD_STATION) == 0);
    } else if (call == 1) {
        work(w, station);
    } else {
        w->raw_after_offer = true;
        w->raw_end = call == 3 ? NULL : end;
        w->raw_status = status;
        w->raw = c.left;
        phone(w, station, call, c.left);
    }
    yq_workstation_close(station);
    fake_free(w->f);
    free(w);
    return 0;
}
