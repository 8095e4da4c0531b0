/* The API reference, rendered from docs/api/openapi.yaml when the program is built, for reading without any network. */
#ifndef YIQIAN_API_REFERENCE_H
#define YIQIAN_API_REFERENCE_H

#include "api/api.h"

/* Made by cmake/embed.cmake. */
typedef struct reference_file {
    const char *name;
    const unsigned char *p;
    size_t n;
} reference_file;
extern const reference_file reference_files[];
extern const size_t reference_files_n;

err reference_page(void *app, http_request *request, http_response *response);
/* {file}: "reference.css" or "openapi.yaml". */
err reference_asset(void *app, http_request *request, http_response *response);

#endif
