/* The pages that the server carries, the same for whoever asks: the app for phones at /app/ and the console at /console/. */
#ifndef YIQIAN_API_APP_H
#define YIQIAN_API_APP_H

#include "api/api.h"

/* / and /app: to /app/; / where there is no app, to the console. */
err app_home(void *app, http_request *request, http_response *response);

/* A file of the app; what looks like no file's name ("tasks/7") is one of its pages, and its index.html answers. */
err app_get(void *app, http_request *request, http_response *response);

/* /console: to /console/. */
err app_console_home(void *app, http_request *request, http_response *response);

/* A file of the console, as app_get. */
err app_console_get(void *app, http_request *request, http_response *response);

/* The certificate that phones are to trust, where TLS is by the hospital's own root. */
err app_tls_root(void *app, http_request *request, http_response *response);

#endif
