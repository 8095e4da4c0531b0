/* /v1/policy, and what a new certificate supersedes by it. */
#ifndef YIQIAN_API_POLICIES_H
#define YIQIAN_API_POLICIES_H

#include "api/api.h"
#include "service/supersession.h"

err policies_get(void *app, http_request *request, http_response *response);
err policies_patch(void *app, http_request *request, http_response *response);

/* The array `supersedes` of an activation code, an enrolment and a renewal. */
json_t *policies_supersedes_json(const superseded *goes, size_t n);

#endif
