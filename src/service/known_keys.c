#include "service/known_keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sm2.h"

/* A place for the keys whose X says so (X is as good as a hash). A newcomer takes it at its second verification in a row here,
 * so that keys that sign once do not push out those that sign all day. */
typedef struct place {
    uint8_t held[POINT_SIZE], asked[POINT_SIZE];
    point_prepared *prepared; /* of held; NULL for none yet */
} place;

struct known_keys {
    pthread_mutex_t lock;
    size_t most;
    place *places;
};

/* From so many signatures on, preparing a key pays within one call. */
enum { WORTH_PREPARING = 4 };

known_keys *known_keys_create(size_t most)
{
    known_keys *k = malloc(sizeof *k);
    if (!k)
        return NULL;
    *k = (known_keys){.most = most, .places = calloc(most > 0 ? most : 1, sizeof *k->places)};
    if (!k->places || pthread_mutex_init(&k->lock, NULL) != 0) {
        free(k->places);
        free(k);
        return NULL;
    }
    return k;
}

void known_keys_destroy(known_keys *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < k->most; i++)
        free(k->places[i].prepared);
    free(k->places);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

static place *place_of(known_keys *k, const uint8_t public_key[POINT_SIZE])
{
    return k->most > 0 ? &k->places[load_u64be(public_key + 25) % k->most] : NULL;
}

/* Copies the prepared key out, so that nothing is locked while it is used. often: it is not held, but was asked for before. */
static bool find(known_keys *k, const uint8_t public_key[POINT_SIZE], point_prepared *out, bool *often)
{
    place *at = place_of(k, public_key);
    bool found = false;
    *often = false;
    if (!at)
        return false;
    pthread_mutex_lock(&k->lock);
    if (at->prepared && memcmp(at->held, public_key, POINT_SIZE) == 0) {
        *out = *at->prepared;
        found = true;
    } else {
        *often = memcmp(at->asked, public_key, POINT_SIZE) == 0;
        memcpy(at->asked, public_key, POINT_SIZE);
    }
    pthread_mutex_unlock(&k->lock);
    return found;
}

/* Without memory it is just not kept. */
static void keep(known_keys *k, const uint8_t public_key[POINT_SIZE], const point_prepared *prepared)
{
    place *at = place_of(k, public_key);
    if (!at)
        return;
    pthread_mutex_lock(&k->lock);
    if (!at->prepared)
        at->prepared = malloc(sizeof *at->prepared);
    if (at->prepared) {
        *at->prepared = *prepared;
        memcpy(at->held, public_key, POINT_SIZE);
    }
    pthread_mutex_unlock(&k->lock);
}

err known_keys_verify(known_keys *k, const uint8_t public_key[POINT_SIZE], const known_keys_item *items, size_t n,
                      size_t *bad)
{
    point p;
    point_prepared prepared;
    bool often, use = find(k, public_key, &prepared, &often);
    if (!use) {
        TRY(point_from_bytes(&p, public_key));
        if (often || n >= WORTH_PREPARING) {
            point_prepare_var(&prepared, &p);
            keep(k, public_key, &prepared);
            use = true;
        }
    }
    for (size_t i = 0; i < n; i++) {
        err e = use ? sm2_verify_prepared(&prepared, items[i].e, items[i].rs) : sm2_verify(&p, items[i].e, items[i].rs);
        if (e != ERR_OK) {
            *bad = i;
            return e;
        }
    }
    return ERR_OK;
}
