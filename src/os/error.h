/* What errno says, as an error. Nothing outside src/os includes this. */
#ifndef YIQIAN_OS_ERROR_H
#define YIQIAN_OS_ERROR_H

#include "base/err.h"

/* Of a call on files. ERR_IO where nothing more can be said. */
err os_error(int number);

#endif
