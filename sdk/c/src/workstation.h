/* Behind yq_workstation: immutable while there are authorisations of it. */
#ifndef YIQIAN_SDK_WORKSTATION_H
#define YIQIAN_SDK_WORKSTATION_H

#include <stdatomic.h>

#include "chain.h"
#include "context.h"
#include "stored_workstation.h"
#include "yiqian/workstation.h"

struct yq_workstation {
    yq_device *device; /* platform, lock, problem; it has no keys */
    yq_options options;
    bool registered;
    stored_workstation stored;
    sm2_private installation;
    atomic_uint authorisations; /* handles that are not freed */
};

/* The CA of the registration. */
chain_trust workstation_trust(const yq_workstation *workstation);

#endif
