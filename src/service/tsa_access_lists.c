#include "service/tsa_access_lists.h"

#include <stdlib.h>
#include <string.h>

enum { PREFIXES = 129 };

/* Networks of one length of prefix; they are looked up by the address's own prefix of that length. */
typedef struct prefix_group {
    unsigned bits;
    size_t first, n;
} prefix_group;

struct tsa_access_lists {
    prefix_group groups[PREFIXES]; /* longest prefix first */
    size_t groups_n;
    size_t systems; /* where the entries of systems begin, behind those of networks */
    size_t n;
    bool some_allow;
    tsa_access_entry entries[];
};

/* What an entry is found by: its network's base or its system's id. */
static const uint8_t *key_of(const tsa_access_entry *e)
{
    return e->of_system ? e->system_id : e->network.base.bytes;
}

/* Networks before systems, long prefixes first; of two rows of one client, the one that denies is first. */
static int compare(const void *left, const void *right)
{
    const tsa_access_entry *a = left, *b = right;
    if (a->of_system != b->of_system)
        return a->of_system ? 1 : -1;
    if (!a->of_system && a->network.bits != b->network.bits)
        return a->network.bits < b->network.bits ? 1 : -1;
    int order = memcmp(key_of(a), key_of(b), 16);
    return order != 0 ? order : b->deny - a->deny;
}

static void group(tsa_access_lists *lists)
{
    for (size_t i = 0; i < lists->n; i++) {
        const tsa_access_entry *e = &lists->entries[i];
        lists->some_allow = lists->some_allow || !e->deny;
        if (e->of_system)
            continue;
        lists->systems = i + 1;
        prefix_group *last = lists->groups_n > 0 ? &lists->groups[lists->groups_n - 1] : NULL;
        if (last && last->bits == e->network.bits)
            last->n++;
        else
            lists->groups[lists->groups_n++] = (prefix_group){e->network.bits, i, 1};
    }
}

tsa_access_lists *tsa_access_lists_create(const tsa_access_entry *entries, size_t n)
{
    tsa_access_lists *lists = calloc(1, sizeof *lists + n * sizeof *entries);
    if (!lists)
        return NULL;
    lists->n = n;
    if (n > 0) {
        memcpy(lists->entries, entries, n * sizeof *entries);
        qsort(lists->entries, n, sizeof *entries, compare);
    }
    group(lists);
    return lists;
}

void tsa_access_lists_destroy(tsa_access_lists *lists)
{
    free(lists);
}

/* The first of the n sorted entries with this key; NULL: none. */
static const tsa_access_entry *first_with(const tsa_access_entry *entries, size_t n, const uint8_t key[16])
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(key_of(&entries[middle]), key, 16) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && memcmp(key_of(&entries[low]), key, 16) == 0 ? &entries[low] : NULL;
}

const tsa_access_entry *tsa_access_lists_find(const tsa_access_lists *lists, const address *from,
                                              const uint8_t *system_id, bool *admitted)
{
    const tsa_access_entry *allowing =
        system_id ? first_with(lists->entries + lists->systems, lists->n - lists->systems, system_id) : NULL;
    *admitted = false;
    if (allowing && allowing->deny)
        return allowing;
    bool v4 = address_is_v4(from);
    address prefix = *from;
    for (size_t i = 0; i < lists->groups_n; i++) {
        const prefix_group *g = &lists->groups[i];
        if (v4 && g->bits < 96) /* what maps IPv4 is not in IPv6's own networks */
            break;
        address_mask(&prefix, g->bits);
        const tsa_access_entry *e = first_with(lists->entries + g->first, g->n, prefix.bytes);
        if (e && e->deny)
            return e;
        if (e && !allowing)
            allowing = e;
    }
    *admitted = allowing || !lists->some_allow;
    return allowing;
}
