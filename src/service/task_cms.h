/* The signature of a task of form cms as the file that others read: SignedData by GM/T 0010, detached, with the certificates of signer and
 * issuing CA. */
#ifndef YIQIAN_SERVICE_TASK_CMS_H
#define YIQIAN_SERVICE_TASK_CMS_H

#include "service/task.h"

/* DER in c->arena; empty where the task has no signature of form cms. timestamp: the token over the signature, which comes along as an
 * unsigned attribute; empty: none. ERR_CORRUPT, ERR_MEMORY. */
MUST_CHECK err task_cms(call *c, const task *t, bytes timestamp, bytes *out);

#endif
