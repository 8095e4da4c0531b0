/* Sessions of devices: a challenge signed with the enrolment's P-256 credential gives a token. */
#ifndef YIQIAN_SERVICE_DEVICE_SESSION_H
#define YIQIAN_SERVICE_DEVICE_SESSION_H

#include "service/service.h"

/* The table of used challenges; part of service_open and service_close. */
MUST_CHECK err device_session_table_create(service *s);
void device_session_table_destroy(service *s);

/* A challenge for the credential: good for 60 s, once, and only for this enrolment. */
enum { DEVICE_CHALLENGE = 40, DEVICE_CHALLENGE_SECONDS = 60, DEVICE_SESSION_SECONDS = 600 };
MUST_CHECK err device_session_challenge(call *c, const uint8_t enrolment_id[16], uint8_t out[DEVICE_CHALLENGE]);

/* Checks the answer and gives a session token (text in the arena). ERR_UNAUTHENTICATED. */
MUST_CHECK err device_session_begin(call *c, const uint8_t enrolment_id[16], bytes challenge,
                                    const uint8_t signature[64], const char **token, int64_t *expires_ms);

/* The enrolment that a token speaks for; ERR_UNAUTHENTICATED, ERR_SESSION_EXPIRED. */
MUST_CHECK err device_session_check(const service *s, arena *a, const char *token, int64_t now_ms,
                                    uint8_t enrolment_id[16]);

/* The same machinery for those who are no devices: what one kind was given is nothing to another. Nothing outside src/service uses these. */
typedef enum session_kind { SESSION_DEVICE, SESSION_WORKSTATION } session_kind;

MUST_CHECK err session_challenge(call *c, session_kind kind, const uint8_t id[16], uint8_t out[DEVICE_CHALLENGE]);

/* mac: also the challenge's name in the table of those that were answered. ERR_UNAUTHENTICATED. */
MUST_CHECK err session_challenge_check(call *c, session_kind kind, const uint8_t id[16], bytes challenge,
                                       uint8_t mac[32], int64_t *expires_ms);

/* Takes the challenge, once the answer to it was found right: ERR_REPLAY, ERR_BUSY. */
MUST_CHECK err session_challenge_use(service *s, const uint8_t mac[32], int64_t now_ms, int64_t expires_ms);

MUST_CHECK err session_token(call *c, session_kind kind, const uint8_t id[16], const char **token, int64_t *expires_ms);
MUST_CHECK err session_token_check(const service *s, arena *a, session_kind kind, const char *token, int64_t now_ms,
                                   uint8_t id[16]);

#endif
