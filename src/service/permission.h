/* What an operator of the hospital may do: permissions by name, and the built-in roles made of them. */
#ifndef YIQIAN_SERVICE_PERMISSION_H
#define YIQIAN_SERVICE_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* The bit of each is 1 << index; what is stored are names, so that the order may change. */
enum {
    PERMISSION_USERS_READ,
    PERMISSION_USERS_MANAGE, /* people, departments, seals */
    PERMISSION_DEVICES_READ,
    PERMISSION_DEVICES_MANAGE, /* activation codes, keys, workstations, authorisations */
    PERMISSION_CERTIFICATES_READ,
    PERMISSION_CERTIFICATES_MANAGE,
    PERMISSION_PROFILES_READ,
    PERMISSION_PROFILES_MANAGE, /* certificate profiles */
    PERMISSION_SYSTEMS_READ,
    PERMISSION_SYSTEMS_MANAGE, /* business systems, their credentials and callbacks */
    PERMISSION_SIGNATURES_READ,
    PERMISSION_TIMESTAMPS_READ,
    PERMISSION_TIMESTAMPS_MANAGE, /* units, access lists, roots of other authorities */
    PERMISSION_SYSTEM_READ,
    PERMISSION_SYSTEM_MANAGE, /* policy, push services, alarms */
    PERMISSION_CA_MANAGE,
    PERMISSION_BACKUP_MANAGE,
    PERMISSION_OPERATORS_READ,
    PERMISSION_OPERATORS_MANAGE, /* operators, roles, operators' tokens */
    PERMISSION_AUDIT_READ,
    PERMISSION_COUNT
};

#define PERMISSION_BIT(index) (UINT64_C(1) << (index))
#define PERMISSION_ALL (PERMISSION_BIT(PERMISSION_COUNT) - 1)

/* The built-in roles. */
typedef enum permission_role { ROLE_ADMINISTRATOR, ROLE_OPERATOR, ROLE_AUDITOR, ROLE_COUNT } permission_role;

/* "administrator", "operator", "auditor", and what each may do. */
const char *permission_role_name(permission_role role);
uint64_t permission_of_role(permission_role role);

/* "users.read" for an index below PERMISSION_COUNT. */
const char *permission_name(unsigned index);

/* What it is called where roles are made, and which of the separated duties it belongs to: "system", "certificates", "audit"; NULL: none. */
const char *permission_title(unsigned index, bool chinese);
const char *permission_duty(unsigned index);

/* The bit of a name; 0 for none. */
uint64_t permission_bit(const char *name);

/* Whether one person may hold all of these. Separated duties: who runs the system (system, ca, profiles, timestamps, backup,
 * operators) runs nobody's certificates (users, devices, certificates, systems), and who reads the audit log changes nothing. */
bool permission_is_separate(uint64_t permissions);

/* As stored: names separated by one space. NULL where the arena is full; ERR_CORRUPT for text that permission_text does not make. */
const char *permission_text(arena *a, uint64_t permissions);
MUST_CHECK err permission_parse(const char *text, uint64_t *permissions);

#endif
