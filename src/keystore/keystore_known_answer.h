/* The known answer (crypto/known_answer.h) of SM4-CTR, which the keystore takes from OpenSSL. */
#ifndef YIQIAN_KEYSTORE_KEYSTORE_KNOWN_ANSWER_H
#define YIQIAN_KEYSTORE_KEYSTORE_KNOWN_ANSWER_H

#include "crypto/known_answer.h"

extern const known_answer keystore_known_answer;

#endif
