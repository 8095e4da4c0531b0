/* What the socket transport of timestamps ends in (src/http/frame_server.h): as POST /tsa does, without HTTP. */
#ifndef YIQIAN_API_TSA_SOCKET_H
#define YIQIAN_API_TSA_SOCKET_H

#include "cms/signed_data.h"
#include "service/service.h"

typedef struct tsa_socket {
    service *service;
    cms_profile profile; /* of tokens whose request names no policy */
} tsa_socket;

/* A frame_admit: whether the access lists have any answer for the address. */
bool tsa_socket_admit(void *app, const char *origin);

/* A frame_answer; app is the tsa_socket. The client is its address: a message of the socket has no credentials. */
err tsa_socket_answer(void *app, arena *a, const char *origin, bytes message, bytes *answer, const char **why);

#endif
