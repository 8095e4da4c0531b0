/* What a phone asks an address before it takes it for its hospital's: is this a server of yiqian, whose, and is my clock right? */
#ifndef YIQIAN_API_SERVER_H
#define YIQIAN_API_SERVER_H

#include "api/api.h"

err server_about(void *app, http_request *request, http_response *response);

#endif
