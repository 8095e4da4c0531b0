#include "cmd/system_name.h"

#include <string.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/remote.h"

static const json_t *named(const json_t *items, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item)
    {
        const char *its = answer_text(item, "name");
        if (its && strcmp(its, name) == 0)
            return item;
    }
    return NULL;
}

err system_name_find(session *s, const char *name, const char **id)
{
    static const phrase none = {"没有这个业务系统", "there is no such business system"};
    static const phrase hint = {"yiqian system list 列出全部", "yiqian system list shows all of them"};
    const char *after = NULL;
    uint8_t uuid[16];
    *id = name;
    if (uuid_decode(uuid, name, strlen(name)) == ERR_OK)
        return ERR_OK;
    do {
        json_t *page;
        TRY(remote_get(s, remote_query(s, "/v1/systems?limit=1000", "after", after), &page));
        const json_t *found = named(json_object_get(page, "items"), name);
        *id = answer_text(found, "system");
        after = answer_text(page, "next");
    } while (!*id && after);
    return *id ? ERR_OK : session_fail(s, ERR_REMOTE, none, name, hint);
}
