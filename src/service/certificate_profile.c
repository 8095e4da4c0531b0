#include "service/certificate_profile.h"

#include <string.h>

#include "base/text.h"
#include "crypto/sm2.h"
#include "pki/signed.h"
#include "service/certificate.h"
#include "service/column.h"
#include "service/internal.h"

#define IN_USE "coalesce((SELECT value FROM policy WHERE name = 'certificate_profile'), 'personal')"

/* ---- reading ---- */

#define COLUMNS                                                                                                        \
    "p.id, p.name, p.state, p.id = " IN_USE ", p.version, p.created_at, p.updated_at, (SELECT count(*) FROM "          \
    "certificate c WHERE c.profile = p.id AND c.state IN ('active', 'frozen'))"

static err view_read(const store_value *v, certificate_profile_view *out)
{
    *out = (certificate_profile_view){.id = column_text(&v[0]),
                                      .name = column_text(&v[1]),
                                      .state = column_text(&v[2]),
                                      .in_use = v[3].i != 0,
                                      .version = column_int(&v[4]),
                                      .created_ms = column_int(&v[5]),
                                      .updated_ms = column_int(&v[6]),
                                      .certificates = column_int(&v[7])};
    return out->id && out->name && out->state ? ERR_OK : ERR_CORRUPT;
}

err certificate_profile_list(call *c, const certificate_profile_view **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " COLUMNS " FROM certificate_profile p ORDER BY p.created_at, p.id LIMIT 1000", NULL, 0));
    certificate_profile_view *views = arena_alloc(c->arena, rows.rows * sizeof *views);
    if (!views)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(view_read(rows.values + i * rows.columns, &views[i]));
    *out = views;
    *n = rows.rows;
    return ERR_OK;
}

err certificate_profile_show(call *c, const char *id, certificate_profile_view *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_PROFILE_NOT_FOUND,
                        "SELECT " COLUMNS
                        ", v.definition FROM certificate_profile p JOIN certificate_profile_version v "
                        "ON v.profile = p.id AND v.version = p.version WHERE p.id = $1",
                        (store_value[]){store_text(id)}, 1));
    TRY(view_read(row, out));
    out->definition = column_text(&row[8]);
    return out->definition ? ERR_OK : ERR_CORRUPT;
}

err certificate_profile_versions(call *c, const char *id, const certificate_profile_version **out, size_t *n)
{
    store_result rows;
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT version, created_at, definition, note, created_by, (SELECT count(*) FROM certificate c WHERE "
        "c.profile = $1 AND c.profile_version = v.version) FROM certificate_profile_version v WHERE "
        "profile = $1 ORDER BY version DESC LIMIT 1000",
        (store_value[]){store_text(id)}, 1));
    certificate_profile_version *list = arena_alloc(c->arena, rows.rows * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        list[i] = (certificate_profile_version){column_int(&v[0]),  column_int(&v[1]),  column_int(&v[5]),
                                                column_text(&v[2]), column_text(&v[3]), column_text(&v[4])};
    }
    *out = list;
    *n = rows.rows;
    return rows.rows > 0 ? ERR_OK : ERR_PROFILE_NOT_FOUND;
}

/* ---- changing ---- */

static bool id_valid(const char *id)
{
    size_t n = strlen(id);
    return n >= 1 && n <= CERTIFICATE_PROFILE_ID_MAX && id[0] >= 'a' && id[0] <= 'z' &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n && strcmp(id, "preview") != 0;
}

static void version_add(call *c, store_unit *unit, const char *id, const certificate_profile_change *change,
                        const char *definition)
{
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO certificate_profile_version (profile, version, definition, note, created_by, created_at) "
        "SELECT id, version, $2, $3, $4, $5 FROM certificate_profile WHERE id = $1",
        (store_value[]){store_text(id), store_text(definition), store_text(change->note),
                        store_text(c->actor_text ? c->actor_text : "server"), store_int(c->now_ms)},
        5);
}

/* The checked definition as terminated text. */
static err definition_check(call *c, bytes definition, const char **text)
{
    profile_definition p;
    TRY(profile_read(c->arena, definition, &p, &c->fault));
    *text = arena_text(c->arena, definition.p, definition.n);
    return *text ? ERR_OK : ERR_MEMORY;
}

static err subject_set(call *c, const char *id)
{
    c->subject = arena_printf(c->arena, "profile:%s", id);
    return c->subject ? ERR_OK : ERR_MEMORY;
}

err certificate_profile_create(call *c, const char *id, const certificate_profile_change *change,
                               certificate_profile_view *out)
{
    const char *definition;
    const store_value *row;
    store_unit *unit = store_unit_begin(c->arena);
    if (!id_valid(id))
        return fault_field(
            &c->fault,
            fault_set(&c->fault, ERR_FIELD_VALUE,
                      "小写字母开头，只含小写字母、数字、- 与 _ / a to z, digits, - and _, a letter first"),
            "profile");
    TRY(subject_set(c, id));
    TRY(definition_check(c, change->definition, &definition));
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL,
                        "SELECT count(*) FROM certificate_profile", NULL, 0));
    if (column_int(&row[0]) >= CERTIFICATE_PROFILES_MAX)
        return ERR_LIMIT;
    c->detail = "version=1";
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO certificate_profile (id, name, state, version, created_at, updated_at) VALUES "
                   "($1, $2, 'active', 1, $3, $3)",
                   (store_value[]){store_text(id), store_text(change->name), store_int(c->now_ms)}, 3);
    version_add(c, unit, id, change, definition);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS)
        return fault_field(&c->fault, e, "profile");
    TRY(e);
    return certificate_profile_show(c, id, out);
}

static err changeable(call *c, const certificate_profile_view *now, int64_t version)
{
    if (strcmp(now->state, "active") != 0)
        return fault_set(&c->fault, ERR_CONFLICT, "模板已停用 / the profile is retired");
    if (version != 0 && version != now->version)
        return ERR_STALE;
    return now->version < CERTIFICATE_PROFILE_VERSIONS_MAX ? ERR_OK : ERR_LIMIT;
}

err certificate_profile_update(call *c, const char *id, const certificate_profile_change *change,
                               certificate_profile_view *out)
{
    const char *definition;
    certificate_profile_view now;
    store_unit *unit = store_unit_begin(c->arena);
    TRY(subject_set(c, id));
    TRY(certificate_profile_show(c, id, &now));
    TRY(changeable(c, &now, change->version));
    TRY(definition_check(c, change->definition, &definition));
    c->detail = arena_printf(c->arena, "version=%lld%s%s", (long long)now.version + 1, change->note ? " note=" : "",
                             change->note ? change->note : "");
    /* Of two who change the same version the later one is told. */
    store_unit_add(
        unit, 1, ERR_STALE,
        "UPDATE certificate_profile SET name = coalesce($2, name), version = version + 1, updated_at = $3 "
        "WHERE id = $1 AND version = $4 AND state = 'active'",
        (store_value[]){store_text(id), store_text(change->name), store_int(c->now_ms), store_int(now.version)}, 4);
    version_add(c, unit, id, change, definition);
    TRY(call_commit(c, unit));
    return certificate_profile_show(c, id, out);
}

err certificate_profile_retire(call *c, const char *id, certificate_profile_view *out)
{
    store_unit *unit = store_unit_begin(c->arena);
    TRY(subject_set(c, id));
    TRY(certificate_profile_show(c, id, out));
    if (out->in_use)
        return fault_set(
            &c->fault, ERR_CONFLICT,
            "证书正按此模板签发，请先改用其他模板 / certificates are issued by this profile: use another one first");
    if (strcmp(out->state, "active") != 0)
        return fault_set(&c->fault, ERR_CONFLICT, "模板已停用 / the profile is retired");
    store_unit_add(
        unit, 1, ERR_CONFLICT,
        "UPDATE certificate_profile SET state = 'retired', updated_at = $2 WHERE id = $1 AND state = 'active' "
        "AND id <> " IN_USE,
        (store_value[]){store_text(id), store_int(c->now_ms)}, 2);
    TRY(call_commit(c, unit));
    return certificate_profile_show(c, id, out);
}

err certificate_profile_use(call *c, const char *id, certificate_profile_view *out)
{
    store_unit *unit = store_unit_begin(c->arena);
    TRY(subject_set(c, id));
    TRY(certificate_profile_show(c, id, out));
    c->detail = arena_printf(c->arena, "version=%lld", (long long)out->version);
    if (strcmp(out->state, "active") != 0)
        return fault_set(&c->fault, ERR_CONFLICT, "模板已停用 / the profile is retired");
    store_unit_add(unit, 1, ERR_CONFLICT, "SELECT 1 FROM certificate_profile WHERE id = $1 AND state = 'active'",
                   (store_value[]){store_text(id)}, 1);
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO policy (name, value, changed_at) VALUES ('certificate_profile', $1, $2) ON CONFLICT (name) "
        "DO UPDATE SET value = $1, changed_at = $2",
        (store_value[]){store_text(id), store_int(c->now_ms)}, 2);
    TRY(call_commit(c, unit));
    return certificate_profile_show(c, id, out);
}

/* ---- for a person ---- */

static err attributes_load(call *c, const uint8_t user_id[16], profile_person *out)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT name, value FROM user_attribute WHERE user_id = $1 ORDER BY name LIMIT 1000",
                    (store_value[]){store_id(user_id)}, 1));
    profile_attribute *attributes = arena_alloc(c->arena, rows.rows * sizeof *attributes);
    if (!attributes)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        attributes[i] = (profile_attribute){column_text(&v[0]), column_text(&v[1])};
        if (!attributes[i].name || !attributes[i].value)
            return ERR_CORRUPT;
    }
    out->attributes = attributes;
    out->attributes_n = rows.rows;
    return ERR_OK;
}

static err person_load(call *c, const uint8_t user_id[16], profile_person *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT u.staff_no, u.name, (SELECT d.department FROM user_department d WHERE d.user_id = u.id "
                        "ORDER BY d.place LIMIT 1) FROM app_user u WHERE u.id = $1",
                        (store_value[]){store_id(user_id)}, 1));
    *out = (profile_person){.staff_no = column_text(&row[0]),
                            .name = column_text(&row[1]),
                            .department = column_text(&row[2]),
                            .organisation = c->service->options.organisation};
    return attributes_load(c, user_id, out);
}

err certificate_profile_make(call *c, const uint8_t user_id[16], certificate_profile_made *out)
{
    const store_value *row;
    profile_person who;
    fault f;
    TRY(person_load(c, user_id, &who));
    TRY(store_query_one(
        c->service->options.store, c->arena, &row, ERR_CORRUPT,
        "SELECT v.profile, v.version, v.definition FROM certificate_profile p JOIN "
        "certificate_profile_version v ON v.profile = p.id AND v.version = p.version WHERE p.id = " IN_USE,
        NULL, 0));
    out->id = column_text(&row[0]);
    out->version = column_int(&row[1]);
    fault_clear(&f);
    /* It was checked when it was written. */
    if (!out->id || row[2].type != STORE_TEXT ||
        profile_read(c->arena, bytes_of(row[2].p, row[2].n), &out->definition, &f) != ERR_OK)
        return ERR_CORRUPT;
    err e = profile_apply(c->arena, &out->definition, &who, &out->applied, &f);
    return e == ERR_PROFILE ? fault_set(&c->fault, e, "%s", f.detail) : e;
}

/* ---- trying ---- */

static err try_build(call *c, certificate_profile_preview *out)
{
    sm2_private nobody;
    certificate_profile_made made = {.id = "", .definition = out->definition, .applied = out->applied};
    cert_template t;
    TRY(sm2_private_generate(&nobody, &c->service->options.rng));
    TRY(certificate_template_fill(c, out->applied.subject, nobody.public_key, &made, &t));
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    err e = b.p ? cert_issue_tbs(&b, &t, c->service->issuing.signer) : ERR_MEMORY;
    sm2_private_wipe(&nobody);
    TRY(e);
    out->tbs = bytes_of(b.p, b.n);
    if (b.n + SIGNED_OVERHEAD > PROFILE_CERTIFICATE_MAX)
        return fault_field(
            &c->fault,
            fault_set(&c->fault, ERR_PROFILE, "证书超过设备可保存的大小 / the certificate is larger than devices take"),
            "definition");
    return ERR_OK;
}

err certificate_profile_try(call *c, bytes definition, const uint8_t *user_id, certificate_profile_preview *out)
{
    profile_person who = {.name = "示例人员",
                          .staff_no = "S0001",
                          .department = "示例科室",
                          .organisation = c->service->options.organisation,
                          .sample = true};
    memset(out, 0, sizeof *out);
    TRY(profile_read(c->arena, definition, &out->definition, &c->fault));
    if (user_id)
        TRY(person_load(c, user_id, &who));
    out->sample = who.sample;
    out->name = who.name;
    out->staff_no = who.staff_no;
    TRY(profile_apply(c->arena, &out->definition, &who, &out->applied, &c->fault));
    return try_build(c, out);
}

err certificate_profile_attributes_there(call *c, certificate_profile_attributes *out)
{
    store_result rows;
    const store_value *all;
    TRY(store_query_one(c->service->options.store, c->arena, &all, ERR_INTERNAL,
                        "SELECT count(*) FROM app_user WHERE state = 'active'", NULL, 0));
    out->people = column_int(&all[0]);
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT a.name, count(*) FROM user_attribute a JOIN app_user u ON u.id = a.user_id WHERE u.state = "
                    "'active' GROUP BY a.name ORDER BY count(*) DESC, a.name LIMIT $1",
                    (store_value[]){store_int(CERTIFICATE_PROFILE_ATTRIBUTES)}, 1));
    certificate_profile_attribute *list = arena_alloc(c->arena, rows.rows * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        list[i] = (certificate_profile_attribute){column_text(&v[0]), column_int(&v[1])};
        if (!list[i].name)
            return ERR_CORRUPT;
    }
    out->list = list;
    out->n = rows.rows;
    return ERR_OK;
}
