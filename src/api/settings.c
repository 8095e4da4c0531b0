#include "api/settings.h"

#include <string.h>

#include "os/config.h"

/* By how config_load names them: "--listen", "YIQIAN_LISTEN", "yiqian.conf:12". */
static const char *source_of(const char *origin)
{
    if (!origin)
        return "default";
    return strncmp(origin, "--", 2) == 0 ? "command_line" : strncmp(origin, "YIQIAN_", 7) == 0 ? "environment" : "file";
}

static err row_json(arena *a, const config_row *row, const void *values, const char *origin, json_t **out)
{
    static const char *const kinds[] = {
        [CONFIG_TEXT] = "text", [CONFIG_PATH] = "path",        [CONFIG_INT] = "number",
        [CONFIG_SIZE] = "size", [CONFIG_SECONDS] = "duration", [CONFIG_BOOL] = "switch",
    };
    char allowed[CONFIG_ALLOWED];
    const char *value;
    TRY(config_value(a, row, values, &value));
    config_allowed(allowed, row);
    *out =
        json_pack("{s:s, s:s, s:s?, s:s?, s:b, s:s, s:s, s:s?, s:s, s:s}", "name", row->name, "kind", kinds[row->kind],
                  "value", value, "default", row->fallback, "secret", row->secret, "allowed", allowed, "source",
                  source_of(origin), "where", origin, "about_zh", row->help_zh, "about_en", row->help_en);
    return *out ? ERR_OK : ERR_MEMORY;
}

err settings_list(void *app, http_request *request, http_response *response)
{
    const api_call *ac = app;
    call *c = app;
    const config_table *table = ac->settings.table;
    TRY(api_query_only(c, request, ""));
    json_t *items = json_array();
    err e = ERR_OK;
    for (size_t i = 0; table && i < table->n && e == ERR_OK; i++) {
        json_t *row = NULL;
        e = row_json(c->arena, &table->rows[i], ac->settings.values, ac->settings.origins[i], &row);
        json_array_append_new(items, row);
    }
    if (e != ERR_OK) {
        json_decref(items);
        return e;
    }
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}
