#include "api/approval_about.h"

#include <string.h>

#include "api/roles.h"
#include "api/tsa_roots.h"
#include "asn1/name.h"
#include "base/text.h"
#include "os/entropy.h"
#include "pki/cert.h"
#include "service/alarm_channel.h"
#include "service/audit_who.h"
#include "service/backup.h"
#include "service/callback_url.h"
#include "service/certificate_profile.h"
#include "service/operator.h"
#include "service/tsa_root.h"
#include "service/tsa_unit.h"

/* Who made it, by name where he has one: the column holds an actor of the audit log. */
static const char *maker_name(call *c, const char *made_by)
{
    const audit_who *who;
    if (audit_who_find(c, &(audit_entry){.actor = made_by}, 1, &who) != ERR_OK || !who[0].actor)
        return made_by;
    return who[0].actor;
}

static json_t *about_backup(call *c, const char *param)
{
    uint8_t id[16];
    backup b;
    if (uuid_decode(id, param, strlen(param)) != ERR_OK || backup_get(c, id, &b) != ERR_OK)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o}", "kind", "backup", "name", b.file, "scope", b.scope,
                     "cause", b.cause, "state", b.state, "size", b.size ? json_integer(b.size) : json_null(), "made_by",
                     maker_name(c, b.made_by), "created_at", api_time(b.created_ms));
}

static json_t *about_channel(call *c, const char *param)
{
    uint8_t id[16];
    alarm_channel ch;
    if (uuid_decode(id, param, strlen(param)) != ERR_OK || alarm_channel_get(c, id, &ch) != ERR_OK)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "alarm_channel", "name", ch.name, "type", ch.kind, "address",
                     ch.url ? callback_url_shown(c->arena, ch.url) : ch.recipients, "state", ch.state);
}

static json_t *about_operator(call *c, const char *param)
{
    uint8_t id[16];
    console_operator o;
    if (uuid_decode(id, param, strlen(param)) != ERR_OK || operator_get(c, id, &o) != ERR_OK)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "operator", "name", o.name, "staff_no", o.staff_no, "role",
                     o.role.name, "state", o.state);
}

static json_t *about_role(call *c, const char *param)
{
    role r;
    if (role_find(c, param, &r) != ERR_OK)
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:I}", "kind", "role", "name", r.name, "permissions",
                     roles_permissions_json(r.permissions), "operators", (json_int_t)r.operators);
}

static json_t *about_profile(call *c, const char *param)
{
    certificate_profile_view p;
    if (certificate_profile_show(c, param, &p) != ERR_OK)
        return json_null();
    return json_pack("{s:s, s:s, s:I, s:s, s:b, s:I}", "kind", "profile", "name", p.name, "version",
                     (json_int_t)p.version, "state", p.state, "in_use", p.in_use, "certificates",
                     (json_int_t)p.certificates);
}

static json_t *about_unit(call *c, const char *param)
{
    const tsa_unit *u = tsa_unit_find(c->service, param);
    if (!u)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "kind", "timestamp_unit", "name", u->name, "algorithm",
                     tsa_unit_algorithm_name(u->algorithm), "state", tsa_unit_state_name(atomic_load(&u->state)),
                     "created_at", api_time(u->created_ms), "not_after", api_time(u->not_after_ms));
}

static json_t *about_root(call *c, const char *param)
{
    uint8_t id[16];
    tsa_root r;
    if (uuid_decode(id, param, strlen(param)) != ERR_OK || tsa_root_get(c, id, &r) != ERR_OK)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "kind", "root", "name", r.name, "subject", r.subject,
                     "purposes", tsa_roots_purposes_json(r.purposes), "certificate", api_base64(c->arena, r.certificate), "created_at", api_time(r.created_ms),
                     "not_after", api_time(r.not_after_ms));
}

/* A role of the hospital's own is named by its id. */
static void add_given_role(call *c, bytes body, json_t **about)
{
    role r;
    json_t *given = body.n > 0 ? json_loadb((const char *)body.p, body.n, 0, NULL) : NULL;
    const char *text = json_string_value(json_object_get(given, "role"));
    if (text && role_find(c, text, &r) == ERR_OK) {
        if (json_is_null(*about))
            *about = json_pack("{s:s}", "kind", "role_given");
        (void)json_object_set_new(*about, "new_role", json_string(r.name));
    }
    json_decref(given);
}

json_t *approval_about(call *c, const http_route *route, const char *param, bytes body)
{
    static const struct {
        const char *pattern;
        json_t *(*about)(call *c, const char *param);
    } kinds[] = {{"/v1/alarm-channels/{", about_channel}, {"/v1/backups/{", about_backup},
                 {"/v1/operators/{", about_operator},     {"/v1/profiles/{", about_profile},
                 {"/v1/roles/{", about_role},             {"/v1/tsa/roots/{", about_root},
                 {"/v1/tsa/units/{", about_unit}};
    json_t *about = NULL;
    for (size_t i = 0; param && !about && i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(route->pattern, kinds[i].pattern, strlen(kinds[i].pattern)) == 0)
            about = kinds[i].about(c, param);
    if (!about)
        about = json_null();
    if (strncmp(route->pattern, "/v1/operators", 13) == 0)
        add_given_role(c, body, &about);
    fault_clear(&c->fault);
    return about;
}
