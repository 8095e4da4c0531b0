/* What a request to sign takes from Java: its tasks and their documents. Of the device and of the workstation. */
#ifndef YIQIAN_JNI_CALLS_SIGN_H
#define YIQIAN_JNI_CALLS_SIGN_H

#include "calls.h"

typedef struct calls_items {
    size_t n;
    yq_task *tasks;
    yq_sign_item *items;
    yq_sign_result *results;
} calls_items;

/* The caller frees *out with calls_items_free whatever comes. */
yq_status calls_items_read(calls_items *out, calls_call *call);
void calls_items_free(calls_items *items);

/* One document to Java: its digest to the answer, its content into the place of documents. Frees it. */
yq_status calls_give_document(calls_call *call, yq_document *document);

#endif
