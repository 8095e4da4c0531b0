#include "ward.h"

#define UNTIL 1772357400 /* an hour after FAKE_NOW */
#define SCOPE "{\"v\":1,\"systems\":[\"电子病历\"],\"record_types\":[],\"until\":1772357400,\"count\":5}"

/* ---- registration ---- */

static void registers_once_and_remembers(void **state)
{
    (void)state;
    ward *w = ward_make();
    yq_workstation *station = ward_open(w);
    yq_workstation_info info;
    yq_problem problem;
    assert_int_equal(yq_workstation_describe(station, &info), YQ_NOT_FOUND);
    assert_int_equal(yq_workstation_register(station, FAKE_URL, WARD_STATION, "XXXX-XXXX-XXXX", &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "activation_refused");
    /* The answer is lost: the same call has the same key certified. */
    w->lose = "/registrations";
    assert_int_equal(yq_workstation_register(station, FAKE_URL, WARD_STATION, WARD_CODE, NULL), YQ_TRANSPORT_FAILED);
    yq_workstation_close(station);
    station = ward_open(w);
    assert_int_equal(yq_workstation_describe(station, &info), YQ_NOT_FOUND);
    assert_int_equal(yq_workstation_register(station, FAKE_URL "/", WARD_STATION, WARD_CODE, NULL), YQ_OK);
    assert_int_equal(yq_workstation_register(station, FAKE_URL, WARD_STATION, WARD_CODE, NULL), YQ_WRONG_STATE);
    yq_workstation_close(station);
    station = ward_open(w);
    assert_int_equal(yq_workstation_describe(station, &info), YQ_OK);
    assert_string_equal(info.name, WARD_STATION);
    assert_string_equal(info.place, WARD_PLACE);
    assert_string_equal(info.server, FAKE_URL);
    assert_int_equal(yq_workstation_forget(station), YQ_OK);
    assert_int_equal(yq_workstation_describe(station, &info), YQ_NOT_FOUND);
    assert_int_equal(fake_files_n(w->f), 0);
    yq_workstation_close(station);
    ward_free(w);
}

static void set_certificate(ward *w, json_t *answer)
{
    json_object_set_new(answer, "certificate", fake_base64(w->station_der.p, w->station_der.n));
}

static void lie_about_registration(ward *w, const char *path, json_t *answer)
{
    if (!ward_ends(path, "/registrations"))
        return;
    if (strcmp(w->lie, "another name") == 0) {
        ward_certify_station(w, &w->issuing, "四楼护士站", CERT_WORKSTATION);
    } else if (strcmp(w->lie, "another key") == 0) {
        memcpy(w->station_key, w->share.P, 65);
        ward_certify_station(w, &w->issuing, WARD_STATION, CERT_WORKSTATION);
    } else if (strcmp(w->lie, "another CA") == 0) {
        ward_certify_station(w, &w->stranger, WARD_STATION, CERT_WORKSTATION);
    } else if (strcmp(w->lie, "a person's") == 0) {
        ward_certify_station(w, &w->issuing, WARD_STATION, CERT_PERSON);
    } else if (strcmp(w->lie, "no chain") == 0) {
        json_object_set_new(answer, "chain", json_array());
    } else if (strcmp(w->lie, "another root") == 0) {
        json_array_set_new(json_object_get(answer, "chain"), 1,
                           fake_base64(w->stranger_root_der.p, w->stranger_root_der.n));
    } else {
        json_object_set_new(answer, "place", json_string("别处"));
    }
    set_certificate(w, answer);
}

static void a_certificate_that_is_not_for_it_is_refused(void **state)
{
    (void)state;
    static const char *const lies[] = {"another name", "another key",  "another CA",   "a person's",
                                       "no chain",     "another root", "another place"};
    for (size_t i = 0; i < COUNT(lies); i++) {
        ward *w = ward_make();
        yq_workstation *station = ward_open(w);
        yq_workstation_info info;
        w->tamper = lie_about_registration;
        w->lie = lies[i];
        yq_status status = yq_workstation_register(station, FAKE_URL, WARD_STATION, WARD_CODE, NULL);
        assert_int_equal(status, strcmp(lies[i], "no chain") == 0 ? YQ_BAD_ANSWER : YQ_ANSWER_REJECTED);
        assert_int_equal(yq_workstation_describe(station, &info), YQ_NOT_FOUND);
        yq_workstation_close(station);
        ward_free(w);
    }
}

/* Its certificate is a moment old, and this machine's clock need not be the server's. */
static void a_clock_that_is_a_little_behind_registers(void **state)
{
    (void)state;
    static const struct {
        int64_t behind;
        yq_status status;
    } clocks[] = {{0, YQ_OK}, {1, YQ_OK}, {300, YQ_OK}, {301, YQ_ANSWER_REJECTED}};
    for (size_t i = 0; i < COUNT(clocks); i++) {
        ward *w = ward_make();
        yq_workstation *station = ward_open(w);
        const cert_template issued = authority_template(&w->issuing, &w->issuing, CERT_WORKSTATION);
        w->f->now = issued.not_before_ms / 1000 - clocks[i].behind;
        assert_int_equal(yq_workstation_register(station, FAKE_URL, WARD_STATION, WARD_CODE, NULL), clocks[i].status);
        yq_workstation_close(station);
        ward_free(w);
    }
}

static void what_is_given_is_checked(void **state)
{
    (void)state;
    ward *w = ward_make();
    yq_workstation *station = ward_open(w);
    yq_authorisation *a;
    yq_platform platform = ward_platform(w);
    yq_workstation *none;
    assert_int_equal(yq_workstation_open(NULL, &platform, NULL), YQ_INVALID_ARGUMENT);
    platform.entropy.fill = NULL;
    assert_int_equal(yq_workstation_open(&none, &platform, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_workstation_register(station, "http://sign.hospital.example", "x", "y", NULL),
                     YQ_TRANSPORT_INSECURE);
    assert_int_equal(yq_workstation_register(station, FAKE_URL, "", "y", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_workstation_register(station, FAKE_URL, "x\n", "y", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_workstation_register(station, FAKE_URL, "x", NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_authorisation_offer(station, NULL, &a, NULL), YQ_WRONG_STATE);
    yq_workstation_close(station);
    station = ward_registered(w);
    yq_scope wish = {.systems_n = 33, .until = UNTIL, .count = 5};
    assert_int_equal(yq_authorisation_offer(station, &wish, &a, NULL), YQ_INVALID_ARGUMENT);
    wish = (yq_scope){.systems_n = 2, .systems = {"a", "a"}, .until = UNTIL, .count = 5};
    assert_int_equal(yq_authorisation_offer(station, &wish, &a, NULL), YQ_INVALID_ARGUMENT);
    wish = (yq_scope){.until = UNTIL, .count = 1001};
    assert_int_equal(yq_authorisation_offer(station, &wish, &a, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(station->authorisations, 0);
    yq_authorisation_free(NULL);
    yq_workstation_close(station);
    yq_workstation_close(NULL);
    fake_file *file = fake_find_file(w->f, "workstation");
    file->p[20] ^= 1;
    assert_int_equal(yq_workstation_open(&none,
                                         &(yq_platform){.storage = {w->f, fake_load, fake_save, fake_erase},
                                                        .transport = {.context = w, .exchange = ward_exchange},
                                                        .entropy = {w->f, fake_fill}},
                                         NULL),
                     YQ_STORAGE_FAILED);
    ward_free(w);
}

/* ---- an authorisation ---- */

typedef struct desk {
    ward *w;
    yq_workstation *station;
    yq_authorisation *a;
    yq_tasks tasks;
} desk;

static desk offered(void)
{
    desk d = {.w = ward_make()};
    d.station = ward_registered(d.w);
    assert_int_equal(yq_authorisation_offer(d.station, NULL, &d.a, NULL), YQ_OK);
    return d;
}

static desk active(size_t tasks)
{
    desk d = offered();
    yq_authorisation_status status;
    ward_approve(d.w, SCOPE, NULL, NULL);
    assert_int_equal(yq_authorisation_wait(d.a, 1, &status, NULL), YQ_OK);
    assert_int_equal(status.state, YQ_AUTHORISATION_ACTIVE);
    for (size_t i = 0; i < tasks; i++)
        (void)fake_add_task(d.w->f, 0, i % 2 ? "digest" : "raw", i % 3 ? "出院小结" : "病程记录", 12);
    assert_int_equal(yq_authorisation_pull(d.a, NULL, 100, &d.tasks, NULL), YQ_OK);
    assert_int_equal(d.tasks.n, tasks);
    return d;
}

static void leave(desk *d)
{
    yq_tasks_free(&d->tasks);
    yq_authorisation_free(d->a);
    yq_workstation_close(d->station);
    ward_free(d->w);
}

static yq_authorisation_status look(const desk *d)
{
    yq_authorisation_status status;
    assert_int_equal(yq_authorisation_look(d->a, &status), YQ_OK);
    return status;
}

static yq_status sign_some(const desk *d, size_t first, size_t n, yq_sign_result *results, yq_problem *problem)
{
    yq_sign_item items[16] = {{0}};
    for (size_t i = 0; i < n; i++)
        items[i].task = &d->tasks.items[first + i];
    return yq_authorisation_sign(d->a, items, n, results, problem);
}

/* Nothing of the share or the one-time key is left. */
static void assert_wiped(const desk *d)
{
    static const uint8_t zero[32];
    assert_memory_equal(&d->a->grant.d1, zero, 32);
    assert_memory_equal(d->a->dW, zero, 32);
    assert_false(d->a->grant.active);
}

static void signs_until_the_count_is_used(void **state)
{
    (void)state;
    desk d = active(7);
    yq_sign_result results[16];
    yq_authorisation_status s = look(&d);
    assert_string_equal(s.staff_no, "D1001");
    assert_string_equal(s.name, "王建国");
    assert_int_equal(s.count_left, 5);
    assert_int_equal(s.scope.until, UNTIL);
    assert_string_equal(s.scope.systems[0], "电子病历");
    assert_int_equal(sign_some(&d, 0, 6, results, NULL), YQ_OUT_OF_SCOPE);
    assert_int_equal(sign_some(&d, 0, 3, results, NULL), YQ_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(results[i].status, YQ_OK);
        assert_true(results[i].seen);
        assert_int_equal(sm2_verify_bytes(d.w->share.P, d.w->f->tasks[i].e, results[i].rs), ERR_OK);
    }
    assert_int_equal(look(&d).count_left, 2);
    assert_int_equal(sign_some(&d, 3, 3, results, NULL), YQ_OUT_OF_SCOPE);
    assert_int_equal(sign_some(&d, 3, 2, results, NULL), YQ_OK);
    assert_int_equal(look(&d).state, YQ_AUTHORISATION_EXHAUSTED);
    assert_int_equal(sign_some(&d, 5, 1, results, NULL), YQ_NOT_ACTIVE);
    assert_wiped(&d);
    /* Nothing of it ever came to the storage. */
    assert_int_equal(fake_files_n(d.w->f), 1);
    leave(&d);
}

static void change_tag(uint8_t *plain)
{
    plain[3] ^= 1;
}

static void change_auth_id(uint8_t *plain)
{
    plain[MPC_SEAL_TAG_SIZE] ^= 1;
}

static void change_P(uint8_t *plain)
{
    plain[MPC_SEAL_TAG_SIZE + 16 + 40] ^= 1;
}

static void change_scope(uint8_t *plain)
{
    plain[MPC_SEAL_TAG_SIZE + 16 + 65] ^= 1;
}

static void no_share(uint8_t *plain)
{
    memset(plain + MPC_SEAL_PLAIN - 32, 0, 32);
}

static void a_large_share(uint8_t *plain)
{
    memset(plain + MPC_SEAL_PLAIN - 32, 0xff, 32);
}

static void lie_about_the_grant(ward *w, const char *path, json_t *answer)
{
    uint8_t room[AUTHORITY_ROOM];
    bytes der = bytes_of(NULL, 0);
    if (!json_object_get(answer, "sealed"))
        return;
    (void)path;
    if (strcmp(w->lie, "another P") == 0)
        fake_set_hex(answer, "P", w->station_key, 65);
    else if (strcmp(w->lie, "more") == 0)
        json_object_set_new(
            answer, "scope",
            fake_base64("{\"v\":1,\"systems\":[],\"record_types\":[],\"until\":1772357400,\"count\":5}", 66));
    else if (strcmp(w->lie, "no scope") == 0)
        json_object_set_new(answer, "scope", fake_base64("{}", 2));
    else if (strcmp(w->lie, "another CA") == 0)
        der = ward_certify(room, &w->stranger, NULL, "王建国", "D1001", w->share.P, CERT_PERSON);
    else if (strcmp(w->lie, "another's key") == 0)
        der = ward_certify(room, &w->issuing, NULL, "王建国", "D1001", w->station_key, CERT_PERSON);
    else if (strcmp(w->lie, "a workstation's") == 0)
        der = ward_certify(room, &w->issuing, NULL, "王建国", "D1001", w->share.P, CERT_WORKSTATION);
    else if (strcmp(w->lie, "no number") == 0)
        der = ward_certify(room, &w->issuing, NULL, "王建国", NULL, w->share.P, CERT_PERSON);
    if (der.n)
        json_object_set_new(answer, "certificate", fake_base64(der.p, der.n));
}

static void assert_rejected(desk *d)
{
    yq_authorisation_status status;
    yq_sign_result result;
    yq_task task = {.task = "01a21c14-dfcd-7f78-a523-69876e42be2f", .system = "电子病历", .record_type = ""};
    assert_int_equal(yq_authorisation_wait(d->a, 1, &status, NULL), YQ_ANSWER_REJECTED);
    assert_int_equal(look(d).state, YQ_AUTHORISATION_CLOSED);
    assert_string_equal(look(d).closed_by, "workstation");
    assert_string_equal(d->w->state, "closed");
    assert_wiped(d);
    assert_int_equal(yq_authorisation_sign(d->a, &(yq_sign_item){.task = &task}, 1, &result, NULL), YQ_NOT_ACTIVE);
    leave(d);
}

static void a_share_for_something_else_is_refused_and_closed(void **state)
{
    (void)state;
    void (*const changes[])(uint8_t *) = {change_tag, change_auth_id, change_P, change_scope, no_share, a_large_share};
    for (size_t i = 0; i < COUNT(changes); i++) {
        desk d = offered();
        ward_approve(d.w, SCOPE, changes[i], NULL);
        assert_rejected(&d);
    }
    desk d = offered();
    ward_approve(d.w, SCOPE, NULL, d.w->share.P); /* sealed for another key */
    assert_rejected(&d);
    static const char *const lies[] = {"another P",       "more",     "no scope", "another CA", "another's key",
                                       "a workstation's", "no number"};
    for (size_t i = 0; i < COUNT(lies); i++) {
        d = offered();
        ward_approve(d.w, SCOPE, NULL, NULL);
        d.w->tamper = lie_about_the_grant;
        d.w->lie = lies[i];
        assert_rejected(&d);
    }
    /* A certificate that has run out. */
    d = offered();
    ward_approve(d.w, SCOPE, NULL, NULL);
    d.w->f->now += 400 * 86400;
    assert_rejected(&d);
}

static void lie_about_tasks(ward *w, const char *path, json_t *answer)
{
    if (!ward_ends(path, "/tasks"))
        return;
    json_t *task = json_array_get(json_object_get(answer, "tasks"), 1);
    if (strcmp(w->lie, "system") == 0)
        json_object_set_new(task, "system", json_string("检验系统"));
    else
        json_object_set_new(task, "kind", json_string(w->lie));
}

static void the_scope_is_held_to_here(void **state)
{
    (void)state;
    static const char *const lies[] = {"system", "login", "something new"};
    for (size_t i = 0; i < COUNT(lies); i++) {
        desk d = active(3);
        yq_sign_result results[16];
        yq_document document;
        yq_tasks_free(&d.tasks);
        d.w->tamper = lie_about_tasks;
        d.w->lie = lies[i];
        assert_int_equal(yq_authorisation_pull(d.a, NULL, 100, &d.tasks, NULL), YQ_OK);
        assert_int_equal(sign_some(&d, 0, 3, results, NULL), YQ_OUT_OF_SCOPE);
        assert_int_equal(results[0].status, YQ_NOT_ATTEMPTED);
        assert_int_equal(results[1].status, YQ_OUT_OF_SCOPE);
        assert_int_equal(yq_authorisation_document(d.a, &d.tasks.items[1], &document, NULL), YQ_OUT_OF_SCOPE);
        assert_int_equal(yq_authorisation_document(d.a, &d.tasks.items[0], &document, NULL), YQ_OK);
        yq_document_free(&document);
        assert_int_equal(sign_some(&d, 0, 1, results, NULL), YQ_OK);
        leave(&d);
    }
    /* A kind of record that was not allowed, and one that has none. */
    desk d = offered();
    yq_authorisation_status status;
    yq_sign_result results[16];
    ward_approve(d.w, "{\"v\":1,\"systems\":[],\"record_types\":[\"护理记录\"],\"until\":1772357400,\"count\":5}", NULL,
                 NULL);
    assert_int_equal(yq_authorisation_wait(d.a, 1, &status, NULL), YQ_OK);
    (void)fake_add_task(d.w->f, 0, "raw", "出院小结", 12);
    assert_int_equal(yq_authorisation_pull(d.a, NULL, 100, &d.tasks, NULL), YQ_OK);
    assert_int_equal(sign_some(&d, 0, 1, results, NULL), YQ_OUT_OF_SCOPE);
    leave(&d);
}

static void its_time_is_kept_here(void **state)
{
    (void)state;
    desk d = active(2);
    yq_sign_result results[16];
    yq_tasks tasks;
    d.w->f->now = UNTIL - 1;
    assert_int_equal(sign_some(&d, 0, 1, results, NULL), YQ_OK);
    d.w->f->now = UNTIL;
    assert_int_equal(sign_some(&d, 1, 1, results, NULL), YQ_NOT_ACTIVE);
    assert_int_equal(look(&d).state, YQ_AUTHORISATION_EXPIRED);
    assert_wiped(&d);
    assert_int_equal(yq_authorisation_pull(d.a, NULL, 100, &tasks, NULL), YQ_NOT_ACTIVE);
    leave(&d);
    /* Looking is enough, and a clock that does not know signs nothing. */
    d = active(1);
    d.w->f->now = 0;
    assert_int_equal(sign_some(&d, 0, 1, results, NULL), YQ_CLOCK_FAILED);
    d.w->f->now = UNTIL;
    assert_int_equal(look(&d).state, YQ_AUTHORISATION_EXPIRED);
    leave(&d);
}

static void a_code_that_nobody_scanned_ends(void **state)
{
    (void)state;
    desk d = offered();
    d.w->f->now = FAKE_NOW + 60 + 600;
    assert_int_equal(look(&d).state, YQ_AUTHORISATION_OFFERED);
    d.w->f->now++;
    assert_int_equal(look(&d).state, YQ_AUTHORISATION_EXPIRED);
    assert_wiped(&d);
    leave(&d);
}

static void what_was_asked_for_is_used(void **state)
{
    (void)state;
    desk d = active(5);
    yq_sign_result results[16];
    yq_problem problem;
    d.w->refuse = "/sign-requests";
    d.w->refuse_code = "task_signed";
    d.w->refuse_status = 409;
    assert_int_equal(sign_some(&d, 0, 2, results, &problem), YQ_REFUSED);
    assert_int_equal(look(&d).count_left, 5); /* a verdict: nothing was used */
    d.w->lose = "/sign-requests";
    assert_int_equal(sign_some(&d, 0, 2, results, NULL), YQ_TRANSPORT_FAILED);
    assert_int_equal(look(&d).count_left, 3);
    assert_int_equal(sign_some(&d, 0, 3, results, NULL), YQ_OK);
    assert_int_equal(look(&d).state, YQ_AUTHORISATION_EXHAUSTED);
    leave(&d);
}

static void lie_about_the_signature(ward *w, const char *path, json_t *answer)
{
    (void)w;
    if (ward_ends(path, "/sign-requests")) {
        uint8_t s1[32] = {1};
        fake_set_hex(json_array_get(json_object_get(answer, "answers"), 0), "s1", s1, 32);
    }
}

static void a_false_signature_is_never_given_out(void **state)
{
    (void)state;
    desk d = active(2);
    yq_sign_result results[16];
    static const uint8_t zero[64];
    d.w->tamper = lie_about_the_signature;
    assert_int_equal(sign_some(&d, 0, 2, results, NULL), YQ_ANSWER_REJECTED);
    assert_memory_equal(results[0].rs, zero, 64);
    assert_string_equal(d.w->f->failure_code, "answer_rejected");
    d.w->tamper = NULL;
    assert_int_equal(sign_some(&d, 0, 2, results, NULL), YQ_OK);
    leave(&d);
}

static void it_ends_where_the_server_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        yq_authorisation_state state;
    } ends[] = {{"closed", YQ_AUTHORISATION_CLOSED},
                {"expired", YQ_AUTHORISATION_EXPIRED},
                {"exhausted", YQ_AUTHORISATION_EXHAUSTED}};
    for (size_t i = 0; i < COUNT(ends); i++) {
        desk d = active(1);
        yq_authorisation_status status;
        d.w->state = ends[i].word;
        d.w->closed_by = "phone";
        assert_int_equal(yq_authorisation_wait(d.a, 60, &status, NULL), YQ_OK);
        assert_int_equal(status.state, ends[i].state);
        assert_string_equal(status.closed_by, "phone");
        assert_wiped(&d);
        /* What has ended does not come back. */
        d.w->state = "active";
        assert_int_equal(yq_authorisation_wait(d.a, 1, &status, NULL), YQ_OK);
        assert_int_equal(status.state, ends[i].state);
        leave(&d);
    }
    desk d = active(1);
    yq_sign_result results[16];
    d.w->state = "closed";
    assert_int_equal(sign_some(&d, 0, 1, results, NULL), YQ_REFUSED);
    assert_int_equal(look(&d).state, YQ_AUTHORISATION_CLOSED);
    assert_wiped(&d);
    leave(&d);
}

static void closing_wipes_whatever_the_server_answers(void **state)
{
    (void)state;
    desk d = active(1);
    d.w->f->down = true;
    assert_int_equal(yq_authorisation_close(d.a, NULL), YQ_TRANSPORT_FAILED);
    assert_wiped(&d);
    assert_int_equal(look(&d).state, YQ_AUTHORISATION_CLOSED);
    d.w->f->down = false;
    assert_int_equal(yq_authorisation_close(d.a, NULL), YQ_OK);
    assert_string_equal(d.w->state, "closed");
    assert_int_equal(yq_authorisation_close(d.a, NULL), YQ_OK); /* it had ended before */
    assert_int_equal(yq_workstation_forget(d.station), YQ_WRONG_STATE);
    leave(&d);
}

/* By a process that has no handle of it. */
static void what_another_process_left_open_is_closed_by_its_id(void **state)
{
    (void)state;
    desk d = active(1);
    char id[37];
    yq_problem problem;
    memcpy(id, look(&d).authorisation, sizeof id);
    yq_authorisation_free(d.a);
    d.a = NULL;
    assert_int_equal(yq_workstation_close_authorisation(d.station, "x", &problem), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_workstation_close_authorisation(d.station, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_workstation_close_authorisation(NULL, id, NULL), YQ_INVALID_ARGUMENT);
    d.w->f->down = true;
    assert_int_equal(yq_workstation_close_authorisation(d.station, id, &problem), YQ_TRANSPORT_FAILED);
    assert_string_equal(d.w->state, "active");
    d.w->f->down = false;
    assert_int_equal(yq_workstation_close_authorisation(d.station, id, &problem), YQ_OK);
    assert_string_equal(d.w->state, "closed");
    assert_int_equal(yq_workstation_close_authorisation(d.station, id, &problem), YQ_OK); /* it had ended before */
    assert_int_equal(yq_workstation_forget(d.station), YQ_OK);
    assert_int_equal(yq_workstation_close_authorisation(d.station, id, &problem), YQ_WRONG_STATE);
    leave(&d);
}

static void a_lost_offer_is_asked_again(void **state)
{
    (void)state;
    ward *w = ward_make();
    yq_workstation *station = ward_registered(w);
    yq_authorisation *a;
    workstation_code code;
    w->lose = "/v1/workstation/authorisations";
    assert_int_equal(yq_authorisation_offer(station, NULL, &a, NULL), YQ_OK);
    assert_int_equal(workstation_code_read(&code, yq_authorisation_code(a)), ERR_OK);
    assert_memory_equal(code.auth_id, w->auth_id, 16);
    assert_memory_equal(code.pkW, w->pkW, 65);
    assert_memory_equal(code.workstation, w->id, 16);
    assert_int_equal(code.expires, FAKE_NOW + 60);
    assert_int_equal(workstation_code_check(&code, w->station_key), ERR_OK);
    assert_int_equal(workstation_code_check(&code, w->share.P), ERR_SIGNATURE);
    yq_authorisation_free(a);
    w->f->down = true;
    assert_int_equal(yq_authorisation_offer(station, NULL, &a, NULL), YQ_TRANSPORT_FAILED);
    assert_int_equal(station->authorisations, 0);
    yq_workstation_close(station);
    ward_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(registers_once_and_remembers),
                                       cmocka_unit_test(a_certificate_that_is_not_for_it_is_refused),
                                       cmocka_unit_test(a_clock_that_is_a_little_behind_registers),
                                       cmocka_unit_test(what_is_given_is_checked),
                                       cmocka_unit_test(signs_until_the_count_is_used),
                                       cmocka_unit_test(a_share_for_something_else_is_refused_and_closed),
                                       cmocka_unit_test(the_scope_is_held_to_here),
                                       cmocka_unit_test(its_time_is_kept_here),
                                       cmocka_unit_test(a_code_that_nobody_scanned_ends),
                                       cmocka_unit_test(what_was_asked_for_is_used),
                                       cmocka_unit_test(a_false_signature_is_never_given_out),
                                       cmocka_unit_test(it_ends_where_the_server_says_so),
                                       cmocka_unit_test(closing_wipes_whatever_the_server_answers),
                                       cmocka_unit_test(what_another_process_left_open_is_closed_by_its_id),
                                       cmocka_unit_test(a_lost_offer_is_asked_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
