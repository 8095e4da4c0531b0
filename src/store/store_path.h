/* Where a store's database stands, for what opens connections of its own beside it; nothing outside src/store includes this. */
#ifndef YIQIAN_STORE_STORE_PATH_H
#define YIQIAN_STORE_STORE_PATH_H

#include "store/store.h"

const char *store_path(const store *s);

#endif
