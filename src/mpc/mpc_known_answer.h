/* The known answer (crypto/known_answer.h) of the server's part of a two-party signature. */
#ifndef YIQIAN_MPC_MPC_KNOWN_ANSWER_H
#define YIQIAN_MPC_MPC_KNOWN_ANSWER_H

#include "crypto/known_answer.h"

extern const known_answer mpc_known_answer_server;

#endif
