/* Opening with other migrations than the program's, for the tests of opening. */
#ifndef YIQIAN_STORE_STORE_OPEN_H
#define YIQIAN_STORE_STORE_OPEN_H

#include "store/migration.h"

/* As store_open, with n migrations of `list`. */
MUST_CHECK err store_open_with(store **out, const store_options *options, const migration *list, size_t n);

#endif
