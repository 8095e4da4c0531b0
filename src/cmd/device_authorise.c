/* `yiqian device authorise | authorisations | close-authorisation`. */
#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "cmd/answer.h"
#include "cmd/device_run.h"
#include "cmd/pin.h"
#include "cmd/table.h"
#include "os/clock.h"

enum { DEFAULT_SECONDS = 8 * 3600, DEFAULT_COUNT = 100, LABEL = 16 };

static const phrase any = {"不限", "any"};

/* "电子病历, 检验系统". */
static const char *joined(device_run *r, const char *const *names, size_t n)
{
    const char *text = "";
    for (size_t i = 0; i < n && text; i++)
        text = arena_printf(r->session.arena, "%s%s%s", text, i ? ", " : "", names[i]);
    return n > 0 && text ? device_run_printable(r, text) : say(any);
}

static void print_field(FILE *to, phrase label, const char *text)
{
    table_pad(to, say(label), LABEL);
    (void)fprintf(to, "%s\n", text);
}

static json_t *names_json(const char *const *names, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(array, json_string(names[i]));
    return array;
}

/* ---- authorise ---- */

static void set_names(const char **out, size_t *out_n, const option_list *given)
{
    if (given->n == 0)
        return;
    memcpy(out, given->items, given->n * sizeof *out);
    *out_n = given->n;
}

/* What was asked for, as far as the options say nothing else. */
static void apply_options(const device_run *r, yq_scope *allowed)
{
    const int64_t now = clock_unix_ms() / 1000;
    if (r->options.lasting || allowed->until == 0)
        allowed->until = now + (r->options.lasting ? r->options.lasting : DEFAULT_SECONDS);
    if (r->options.count || allowed->count == 0)
        allowed->count = r->options.count ? (int)r->options.count : DEFAULT_COUNT;
    set_names(allowed->systems, &allowed->systems_n, &r->options.systems);
    set_names(allowed->record_types, &allowed->record_types_n, &r->options.record_types);
}

/* With --json the answer has stdout for itself. */
static void show(device_run *r, const yq_workstation_offer *offer, const yq_scope *allowed)
{
    FILE *to = r->options.json ? stderr : stdout;
    char until[CLOCK_TEXT], count[LABEL];
    clock_text(until, allowed->until * 1000);
    (void)snprintf(count, sizeof count, "%d", allowed->count);
    const char *local = answer_time(r->session.arena, until);
    print_field(to, (phrase){"工作站", "Workstation"}, device_run_printable(r, offer->name));
    print_field(to, (phrase){"位置", "Place"}, device_run_printable(r, offer->place));
    print_field(to, (phrase){"业务系统", "Systems"}, joined(r, allowed->systems, allowed->systems_n));
    print_field(to, (phrase){"病历类别", "Record types"}, joined(r, allowed->record_types, allowed->record_types_n));
    print_field(to, (phrase){"有效至", "Until"}, local ? local : until);
    print_field(to, (phrase){"签名份数", "Signatures"}, count);
    (void)fflush(to);
}

/* What the confirmation needs, and what it ends the process with where there is no PIN. */
typedef struct asking {
    device_run *run;
    int code; /* EXIT_OK: nothing went wrong */
} asking;

static bool take_pin(asking *a, yq_consent *consent)
{
    char pin[PIN_ROOM];
    size_t n;
    consent->by_fingerprint = a->run->options.fingerprint;
    if (consent->by_fingerprint)
        return true;
    bool read = device_run_pin(a->run, pin, &n, false, &a->code);
    if (read && n <= sizeof consent->pin) { /* a longer one is none: YQ_WEAK_PIN */
        memcpy(consent->pin, pin, n);
        consent->pin_n = n;
    }
    wipe(pin, sizeof pin);
    return read;
}

/* Before the PIN is asked for, the person sees what it is for. */
static bool confirmed(void *context, const yq_workstation_offer *offer, yq_consent *consent)
{
    static const phrase question = {"允许它代您签名吗？[y/N] ", "Let it sign for you? [y/N] "};
    asking *a = context;
    device_run *r = a->run;
    yq_scope *allowed = &consent->allowed;
    char answer[8];
    apply_options(r, allowed);
    if (!r->options.json || !r->options.yes) /* nobody is asked blindly */
        show(r, offer, allowed);
    (void)json_object_set_new(
        r->result, "workstation",
        json_pack("{s:s, s:s, s:s}", "workstation", offer->workstation, "name", offer->name, "place", offer->place));
    (void)json_object_set_new(r->result, "scope",
                              json_pack("{s:o, s:o, s:I, s:i}", "systems",
                                        names_json(allowed->systems, allowed->systems_n), "record_types",
                                        names_json(allowed->record_types, allowed->record_types_n), "until",
                                        (json_int_t)allowed->until, "count", allowed->count));
    if (!r->options.yes) {
        fprintf(stderr, "%s", say(question));
        (void)fflush(stderr);
        if (!fgets(answer, sizeof answer, stdin) || (*answer != 'y' && *answer != 'Y'))
            return false;
    }
    return take_pin(a, consent);
}

int device_run_authorise(device_run *r)
{
    static const phrase done = {"已授权，可随时结束：yiqian device close-authorisation",
                                "Authorised; end it at any time: yiqian device close-authorisation"};
    char id[37];
    yq_key_info key;
    yq_problem problem;
    int code;
    asking a = {.run = r};
    const yq_approval approval = {.code = r->operands[0], .confirm = confirmed, .confirm_context = &a};
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = yq_authorise(r->device, key.key, &approval, id, &problem);
    if (a.code != EXIT_OK)
        return a.code;
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    (void)json_object_set_new(r->result, "authorisation", json_string(id));
    if (!r->options.json)
        printf("%s %s\n", say(done), id);
    return EXIT_OK;
}

/* ---- authorisations ---- */

static void set_text(json_t *object, const char *name, const char *text)
{
    (void)json_object_set_new(object, name, *text ? json_string(text) : json_null());
}

static json_t *item_json(const yq_authorisation_info *i)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:i}", "authorisation", i->authorisation, "state",
                               i->state, "workstation_name", i->workstation_name, "workstation_place",
                               i->workstation_place, "systems", names_json(i->scope.systems, i->scope.systems_n),
                               "record_types", names_json(i->scope.record_types, i->scope.record_types_n), "count",
                               i->scope.count, "count_left", i->count_left);
    set_text(object, "approved_at", i->approved_at);
    set_text(object, "expires_at", i->expires_at);
    set_text(object, "closed_at", i->closed_at);
    set_text(object, "closed_by", i->closed_by);
    return object;
}

static err print_items(device_run *r, const yq_authorisations *all)
{
    static const phrase headers[] = {{"授权", "Authorisation"}, {"状态", "State"},   {"工作站", "Workstation"},
                                     {"位置", "Place"},         {"剩余", "Left"},    {"有效至", "Until"},
                                     {"系统", "Systems"},       {"结束", "Ended by"}};
    enum { COLUMNS = sizeof headers / sizeof *headers };
    const char *cells[COLUMNS];
    table *t = table_headed(r->session.arena, headers, COLUMNS);
    for (size_t i = 0; i < all->n; i++) {
        const yq_authorisation_info *item = &all->items[i];
        const char *expires = answer_time(r->session.arena, item->expires_at);
        cells[0] = item->authorisation;
        cells[1] = answer_word(item->state);
        cells[2] = device_run_printable(r, item->workstation_name);
        cells[3] = device_run_printable(r, item->workstation_place);
        cells[4] = strcmp(item->state, "offered") == 0 ? "-" : arena_printf(r->session.arena, "%d", item->count_left);
        cells[5] = expires ? expires : "";
        cells[6] = joined(r, item->scope.systems, item->scope.systems_n);
        cells[7] = answer_word(item->closed_by);
        TRY(table_add(t, cells));
    }
    table_print(stdout, t, 0);
    return ERR_OK;
}

int device_run_authorisations(device_run *r)
{
    static const phrase none = {"没有授权", "there are no authorisations"};
    yq_key_info key;
    yq_authorisations all;
    yq_problem problem;
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = yq_list_authorisations(r->device, key.key, &all, &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    json_t *items = json_array();
    for (size_t i = 0; i < all.n; i++)
        (void)json_array_append_new(items, item_json(&all.items[i]));
    (void)json_object_set_new(r->result, "authorisations", items);
    if (!r->options.json && all.n == 0)
        printf("%s\n", say(none));
    else if (!r->options.json && print_items(r, &all) != ERR_OK)
        status = YQ_OUT_OF_MEMORY;
    yq_authorisations_free(&all);
    return status == YQ_OK ? EXIT_OK : device_run_failed(r, status, NULL);
}

/* ---- close-authorisation ---- */

int device_run_close_authorisation(device_run *r)
{
    static const phrase done = {"已结束，工作站不能再代签", "Ended: the workstation signs nothing more"};
    yq_key_info key;
    yq_problem problem;
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = yq_close_authorisation(r->device, key.key, r->operands[0], &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    (void)json_object_set_new(r->result, "authorisation", json_string(r->operands[0]));
    if (!r->options.json)
        printf("%s\n", say(done));
    return EXIT_OK;
}
