#include "api/user_json.h"

#include <string.h>

#include "api/input.h"

static json_t *aliases_json(const user *u)
{
    json_t *aliases = json_array();
    for (size_t i = 0; i < u->aliases_n; i++)
        json_array_append_new(aliases,
                              json_pack("{s:o, s:s, s:s}", "system", api_uuid(u->aliases[i].system_id), "system_name",
                                        u->aliases[i].system, "external_id", u->aliases[i].external_id));
    return aliases;
}

json_t *user_json(const user *u)
{
    json_t *departments = json_array(), *attributes = json_object();
    for (size_t i = 0; i < u->departments_n; i++)
        json_array_append_new(departments, json_string(u->departments[i]));
    for (size_t i = 0; i < u->attributes_n; i++)
        json_object_set_new(attributes, u->attributes[i].name, json_string(u->attributes[i].value));
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:s?, s:I}", "user", api_uuid(u->id),
                     "staff_no", u->staff_no, "name", u->name, "departments", departments, "aliases", aliases_json(u),
                     "attributes", attributes, "state", u->state, "certificates", u->certificates, "seal_made",
                     u->seal_version > 0 ? "uploaded" : "drawn", "created_at", api_time(u->created_ms), "updated_at",
                     api_time(u->updated_ms), "updated_by", u->updated_by, "version", (json_int_t)u->version);
}

typedef struct alias_input {
    uint8_t system[16];
    const char *external_id;
} alias_input;

err user_json_aliases(call *c, const json_t *array, const user_alias **out, size_t *n)
{
    static const json_field fields[] = {FIELD(alias_input, system, JSON_UUID_FIELD, 0, 0),
                                        FIELD(alias_input, external_id, JSON_TEXT_FIELD, 0, 4096)};
    *n = json_array_size(array);
    user_alias *aliases = arena_alloc(c->arena, *n * sizeof *aliases);
    if (!aliases)
        return ERR_MEMORY;
    for (size_t i = 0; i < *n; i++) {
        alias_input in = {0};
        const char *prefix = arena_printf(c->arena, "aliases[%zu].", i);
        if (!prefix)
            return ERR_MEMORY;
        TRY(json_read(c->arena, json_array_get(array, i), fields, COUNT(fields), &in, prefix, &c->fault));
        aliases[i].external_id = in.external_id;
        memcpy(aliases[i].system_id, in.system, sizeof in.system);
    }
    *out = aliases;
    return ERR_OK;
}

err user_json_attributes(call *c, const json_t *object, const user_attribute **out, size_t *n)
{
    const char *name;
    json_t *value;
    size_t at = 0;
    user_attribute *attributes = arena_alloc(c->arena, json_object_size(object) * sizeof *attributes);
    if (!attributes)
        return ERR_MEMORY;
    /* The macro wants an object it may change; nothing is changed. */
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (!json_is_string(value))
            return fault_field(&c->fault, ERR_FIELD_TYPE, "attributes.%s", name);
        user_attribute *a = &attributes[at++];
        a->name = arena_text(c->arena, name, strlen(name));
        a->value = arena_text(c->arena, json_string_value(value), json_string_length(value));
        if (!a->name || !a->value)
            return ERR_MEMORY;
    }
    *out = attributes;
    *n = at;
    return ERR_OK;
}
