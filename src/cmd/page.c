#include "cmd/page.h"

#include "cmd/remote.h"

const char *page_query(session *s, const char *path, const page_options *page)
{
    return remote_query(s, remote_query_int(s, path, "limit", page->limit), "after", page->after);
}
