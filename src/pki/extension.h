/* Extensions as certificates, CRLs and CRL entries share them (RFC 5280 4.1.2.9, 5.1.2.7). */
#ifndef YIQIAN_PKI_EXTENSION_H
#define YIQIAN_PKI_EXTENSION_H

#include "asn1/oid.h"

enum { EXTENSION_MAX = 32 };

typedef struct extension {
    bytes type; /* content octets of the OID */
    bool critical;
    bytes value; /* the DER that stands inside the OCTET STRING */
} extension;

/* A list being read: finds a type that comes twice. */
typedef struct extension_list {
    der_reader reader;
    bytes seen[EXTENSION_MAX];
    size_t n;
} extension_list;

/* Over what stands inside SEQUENCE OF Extension. */
void extension_list_open(extension_list *list, bytes content);

/* The next one; borrows. ERR_NOT_FOUND at the end; ERR_DER, also for a type that came before and for more than EXTENSION_MAX. */
MUST_CHECK err extension_next(extension_list *list, extension *out);

/* Writes everything around the value, which is written between the two calls. */
typedef struct extension_opened {
    size_t sequence, octets;
} extension_opened;
extension_opened extension_open(buffer *b, bytes type, bool critical);
void extension_close(buffer *b, extension_opened at);

/* authorityKeyIdentifier with a keyIdentifier (RFC 5280 4.2.1.1). *key_id is empty where it has none. */
void extension_put_authority_key_id(buffer *b, bytes key_id);
MUST_CHECK err extension_authority_key_id(bytes value, bytes *key_id);

#endif
