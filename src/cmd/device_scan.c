/* `yiqian device scan | login`: what was read from a screen, by the camera or by the person. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ct.h"
#include "base/text.h"
#include "cmd/device_run.h"
#include "cmd/pin.h"

enum { LINE = 64 };

/* Asked only where somebody can answer. */
static bool ask(device_run *r, phrase question, bool unanswered)
{
    char answer[LINE] = "";
    if (r->options.yes)
        return true;
    if (!isatty(STDIN_FILENO))
        return unanswered;
    fputs(say(question), stderr);
    return fgets(answer, sizeof answer, stdin) && strchr("\nYy", answer[0]) != NULL;
}

/* ---- login ---- */

static void show(device_run *r, const yq_scanned *seen)
{
    static const phrase system = {"登录系统", "Log in to"}, purpose = {"用途", "Purpose"},
                        none = {"未说明", "not said"};
    (void)json_object_set_new(r->result, "scan",
                              json_pack("{s:s, s:s, s:s, s:s}", "scan", seen->scan, "kind",
                                        seen->kind == YQ_QR_LOGIN ? "login" : "sign", "system", seen->system, "purpose",
                                        seen->purpose));
    if (seen->kind == YQ_QR_LOGIN)
        fprintf(stderr, "%s: %s\n%s: %s\n", say(system), device_run_printable(r, seen->system), say(purpose),
                *seen->purpose ? device_run_printable(r, seen->purpose) : say(none));
}

static int decline(device_run *r, const yq_key_info *key, const yq_scanned *seen)
{
    yq_problem problem;
    yq_status status = yq_scan_decline(r->device, key->key, seen, NULL, &problem);
    return device_run_failed(r, status == YQ_OK ? YQ_DECLINED : status, &problem);
}

static int sign_login(device_run *r, const yq_key_info *key, const yq_scanned *seen)
{
    static const phrase done = {"已登录", "Logged in"},
                        failures = {"注意：自上次成功以来输错 PIN 码的次数", "Note: wrong PINs since the last success"};
    const char *pin;
    char room[PIN_ROOM] = "", rs[2 * sizeof(((yq_sign_result *)0)->rs) + 1];
    size_t pin_n;
    int code;
    yq_sign_result result;
    yq_sign_summary summary;
    yq_problem problem;
    if (!device_run_person(r, room, &pin, &pin_n, &code))
        return code;
    yq_status status = yq_sign_login(r->device, key->key, seen, pin, pin_n, &result, &summary, &problem);
    wipe(room, sizeof room);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    hex_encode(rs, result.rs, sizeof result.rs);
    (void)json_object_set_new(
        r->result, "login", json_pack("{s:s, s:s, s:s}", "login", seen->scan, "signed_at", result.signed_at, "rs", rs));
    (void)json_object_set_new(r->result, "failures_before", json_integer(summary.failures_before));
    if (!r->options.json)
        printf("%s: %s\n", say(done), device_run_printable(r, seen->system));
    if (!r->options.json && summary.failures_before > 0)
        printf("%s: %d\n", say(failures), summary.failures_before);
    return EXIT_OK;
}

static int log_in(device_run *r, const yq_key_info *key, const yq_scanned *seen)
{
    static const phrase yours = {"是您面前的屏幕吗？[Y/n] ", "Is it the screen in front of you? [Y/n] "};
    return ask(r, yours, true) ? sign_login(r, key, seen) : decline(r, key, seen);
}

/* ---- scan ---- */

/* What a screen shows to a person who is enrolled here. */
static int scan_session(device_run *r, const char *text)
{
    yq_key_info key;
    yq_scanned seen;
    yq_problem problem;
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = yq_scan(r->device, key.key, text, &seen, &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    show(r, &seen);
    code = seen.kind == YQ_QR_LOGIN ? log_in(r, &key, &seen) : device_run_sign_scanned(r, &key, &seen);
    yq_scanned_free(&seen);
    return code;
}

/* The server of the key that is named, or of any: a phone that has a server takes none from a code. NULL: it has none. */
static const char *own_server(device_run *r, yq_key_info keys[YQ_KEYS_MAX])
{
    size_t n;
    if (yq_list_keys(r->device, keys, YQ_KEYS_MAX, &n) != YQ_OK)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const char *name = r->options.key;
        if (*keys[i].server && (!name || strcmp(name, keys[i].key) == 0 || strcmp(name, keys[i].key_id) == 0 ||
                                strcmp(name, keys[i].staff_no) == 0))
            return keys[i].server;
    }
    return NULL;
}

/* Where the code says that a server is: the person has looked at it, or has said --yes beforehand. */
static bool confirm_server(device_run *r, const char *url, int *code)
{
    static const phrase says = {"码中的服务器地址（未经验证）", "The code says that the server is (not verified)"},
                        right = {"是本院的服务器吗？[Y/n] ", "Is this your hospital's server? [Y/n] "},
                        unanswered = {"核对地址后用 --yes", "look at the address, then use --yes"};
    fprintf(stderr, "%s: %s\n", say(says), device_run_printable(r, url));
    if (ask(r, right, false))
        return true;
    *code = isatty(STDIN_FILENO) ? device_run_failed(r, YQ_DECLINED, NULL) : device_run_usage(r, unanswered, url);
    return false;
}

/* The code of a server's address: where this phone enrols from now on. */
static int set_server(device_run *r, const yq_qr *qr)
{
    static const phrase done = {"已设为新登记所用的服务器", "This phone enrols there from now on"};
    int code;
    if (!confirm_server(r, qr->url, &code))
        return code;
    yq_status status = yq_set_server(r->device, qr->url);
    if (status != YQ_OK)
        return device_run_failed(r, status, NULL);
    (void)json_object_set_new(r->result, "server", json_string(qr->url));
    fprintf(stderr, "%s: %s\n", say(done), device_run_printable(r, qr->url));
    return EXIT_OK;
}

/* The activation code that the server gives for the scanned one, and then as with one that was typed. */
static int enrol(device_run *r, const char *text, const yq_qr *qr)
{
    static const phrase no_url = {"设备还没有服务器，码中也没有",
                                  "the phone has no server yet, and the code names none"};
    yq_key_info keys[YQ_KEYS_MAX];
    yq_offer offer;
    yq_problem problem;
    const char *server = own_server(r, keys);
    if (!server && !*qr->url)
        return device_run_usage(r, no_url, NULL);
    int code;
    if (!server && !confirm_server(r, qr->url, &code))
        return code;
    if (!server)
        server = qr->url;
    yq_status status = yq_scan_enrolment(r->device, server, text, &offer, &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    r->options.server = offer.server;
    r->options.staff_no = offer.staff_no;
    r->options.code = offer.activation_code;
    code = device_run_enrol(r);
    wipe(&offer, sizeof offer);
    return code;
}

int device_run_scan(device_run *r)
{
    static const phrase no_code = {"不是医签的二维码", "this is no code of yiqian"};
    const char *text = r->operands[0];
    yq_qr qr;
    if (yq_qr_read(text, &qr) != YQ_OK)
        return device_run_usage(r, no_code, NULL);
    switch (qr.kind) {
    case YQ_QR_ENROL:
        return enrol(r, text, &qr);
    case YQ_QR_WORKSTATION:
        return device_run_authorise(r);
    case YQ_QR_SERVER:
        return set_server(r, &qr);
    default:
        return scan_session(r, text);
    }
}

/* ---- login by typing ---- */

/* The two digits of the other screen: --number, or the terminal. */
static const char *read_number(device_run *r, char line[LINE])
{
    static const phrase prompt = {"请输入登录屏幕上显示的两位数字: ",
                                  "Enter the two digits that the login's screen shows: "};
    if (r->options.number)
        return r->options.number;
    if (!isatty(STDIN_FILENO))
        return NULL;
    fputs(say(prompt), stderr);
    if (!fgets(line, LINE, stdin))
        return NULL;
    line[strcspn(line, "\r\n")] = 0;
    return line;
}

/* The server's words are about a code that was scanned. */
static void tell_of_number(yq_problem *p)
{
    (void)snprintf(p->title, sizeof p->title, "两位数字不对，或登录已结束");
    (void)snprintf(p->title_en, sizeof p->title_en, "The two digits are wrong, or the login is over");
    (void)snprintf(p->hint, sizeof p->hint, "请在登录屏幕上重新开始，再输入新的短码和数字");
    (void)snprintf(p->hint_en, sizeof p->hint_en,
                   "Begin again at the login's screen, with its new short code and digits");
}

static int enter_number(device_run *r, const yq_key_info *key, yq_scanned *seen)
{
    static const phrase wanted = {"登录屏幕现在显示一个两位数字：再次执行，并用 --number 给出它",
                                  "the login's screen shows two digits now: run this again with --number"};
    char line[LINE];
    yq_problem problem;
    const char *number = read_number(r, line);
    if (!number)
        return device_run_usage(r, wanted, NULL);
    yq_status status = yq_scan_number(r->device, key->key, seen, number, &problem);
    if (status == YQ_REFUSED && strcmp(problem.code, "scan_refused") == 0)
        tell_of_number(&problem);
    return status == YQ_OK ? log_in(r, key, seen) : device_run_failed(r, status, &problem);
}

int device_run_login(device_run *r)
{
    yq_key_info key;
    yq_scanned seen;
    yq_problem problem;
    int code;
    if (!device_run_choose(r, &key, &code))
        return code;
    yq_status status = yq_scan_short_code(r->device, key.key, r->operands[0], &seen, &problem);
    if (status != YQ_OK)
        return device_run_failed(r, status, &problem);
    show(r, &seen);
    code = seen.number_wanted ? enter_number(r, &key, &seen) : log_in(r, &key, &seen);
    yq_scanned_free(&seen);
    return code;
}
