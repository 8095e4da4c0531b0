#include "service/permission.h"

#include <string.h>

enum { DUTY_NONE, DUTY_SYSTEM, DUTY_CERTIFICATES, DUTY_AUDIT };

/* duty: of a permission that changes something, or that lets others be watched; reading alone goes with any. */
static const struct {
    const char *name;
    int duty;
    const char *zh, *en;
} permissions[PERMISSION_COUNT] = {
    [PERMISSION_USERS_READ] = {"users.read", DUTY_NONE, "查看人员、科室与签章", "See people, departments and seals"},
    [PERMISSION_USERS_MANAGE] = {"users.manage", DUTY_CERTIFICATES, "管理人员、科室与签章",
                                 "Manage people, departments and seals"},
    [PERMISSION_DEVICES_READ] = {"devices.read", DUTY_NONE, "查看密钥、工作站与授权",
                                 "See keys, workstations and authorisations"},
    [PERMISSION_DEVICES_MANAGE] = {"devices.manage", DUTY_CERTIFICATES, "管理激活码、密钥、工作站与授权",
                                   "Manage activation codes, keys, workstations and authorisations"},
    [PERMISSION_CERTIFICATES_READ] = {"certificates.read", DUTY_NONE, "查看证书", "See certificates"},
    [PERMISSION_CERTIFICATES_MANAGE] = {"certificates.manage", DUTY_CERTIFICATES, "管理证书", "Manage certificates"},
    [PERMISSION_PROFILES_READ] = {"profiles.read", DUTY_NONE, "查看证书模板", "See certificate profiles"},
    [PERMISSION_PROFILES_MANAGE] = {"profiles.manage", DUTY_SYSTEM, "管理证书模板", "Manage certificate profiles"},
    [PERMISSION_SYSTEMS_READ] = {"systems.read", DUTY_NONE, "查看业务系统", "See business systems"},
    [PERMISSION_SYSTEMS_MANAGE] = {"systems.manage", DUTY_CERTIFICATES, "管理业务系统、凭证与回调",
                                   "Manage business systems, their credentials and callbacks"},
    [PERMISSION_SIGNATURES_READ] = {"signatures.read", DUTY_NONE, "查询与验证签名", "Search and verify signatures"},
    [PERMISSION_TIMESTAMPS_READ] = {"timestamps.read", DUTY_NONE, "查看时间戳", "See timestamps"},
    [PERMISSION_TIMESTAMPS_MANAGE] = {"timestamps.manage", DUTY_SYSTEM, "管理时间戳单元与访问名单",
                                      "Manage timestamp units and access lists"},
    [PERMISSION_SYSTEM_READ] = {"system.read", DUTY_NONE, "查看系统状态与策略", "See the system and its policy"},
    [PERMISSION_SYSTEM_MANAGE] = {"system.manage", DUTY_SYSTEM, "管理策略、推送与告警",
                                  "Manage policy, push services and alarms"},
    [PERMISSION_CA_MANAGE] = {"ca.manage", DUTY_SYSTEM, "管理 CA", "Manage the CA"},
    [PERMISSION_BACKUP_MANAGE] = {"backup.manage", DUTY_SYSTEM, "备份与恢复", "Back up and restore"},
    [PERMISSION_OPERATORS_READ] = {"operators.read", DUTY_NONE, "查看操作员与角色", "See operators and roles"},
    [PERMISSION_OPERATORS_MANAGE] = {"operators.manage", DUTY_SYSTEM, "管理操作员、角色与令牌",
                                     "Manage operators, roles and tokens"},
    [PERMISSION_AUDIT_READ] = {"audit.read", DUTY_AUDIT, "查看与校验审计日志", "Read and verify the audit log"},
};

#define BIT(name) PERMISSION_BIT(PERMISSION_##name)

static const struct {
    const char *name;
    uint64_t permissions;
} roles[ROLE_COUNT] = {
    [ROLE_ADMINISTRATOR] = {"administrator", BIT(USERS_READ) | BIT(CERTIFICATES_READ) | BIT(PROFILES_READ) |
                                                 BIT(PROFILES_MANAGE) | BIT(SYSTEMS_READ) | BIT(TIMESTAMPS_READ) |
                                                 BIT(TIMESTAMPS_MANAGE) | BIT(SYSTEM_READ) | BIT(SYSTEM_MANAGE) |
                                                 BIT(CA_MANAGE) | BIT(BACKUP_MANAGE) | BIT(OPERATORS_READ) |
                                                 BIT(OPERATORS_MANAGE)},
    [ROLE_OPERATOR] = {"operator", BIT(USERS_READ) | BIT(USERS_MANAGE) | BIT(DEVICES_READ) | BIT(DEVICES_MANAGE) |
                                       BIT(CERTIFICATES_READ) | BIT(CERTIFICATES_MANAGE) | BIT(PROFILES_READ) |
                                       BIT(SYSTEMS_READ) | BIT(SYSTEMS_MANAGE) | BIT(SIGNATURES_READ) |
                                       BIT(TIMESTAMPS_READ) | BIT(SYSTEM_READ)},
    [ROLE_AUDITOR] = {"auditor", BIT(USERS_READ) | BIT(DEVICES_READ) | BIT(CERTIFICATES_READ) | BIT(PROFILES_READ) |
                                     BIT(SYSTEMS_READ) | BIT(SIGNATURES_READ) | BIT(TIMESTAMPS_READ) |
                                     BIT(SYSTEM_READ) | BIT(OPERATORS_READ) | BIT(AUDIT_READ)},
};

const char *permission_role_name(permission_role role)
{
    return roles[role].name;
}

uint64_t permission_of_role(permission_role role)
{
    return roles[role].permissions;
}

const char *permission_name(unsigned index)
{
    return permissions[index].name;
}

const char *permission_title(unsigned index, bool chinese)
{
    return chinese ? permissions[index].zh : permissions[index].en;
}

const char *permission_duty(unsigned index)
{
    static const char *const names[] = {NULL, "system", "certificates", "audit"};
    return names[permissions[index].duty];
}

static uint64_t bit_of(const char *name, size_t n)
{
    for (unsigned i = 0; i < PERMISSION_COUNT; i++)
        if (strlen(permissions[i].name) == n && memcmp(permissions[i].name, name, n) == 0)
            return PERMISSION_BIT(i);
    return 0;
}

uint64_t permission_bit(const char *name)
{
    return bit_of(name, strlen(name));
}

bool permission_is_separate(uint64_t set)
{
    int duty = DUTY_NONE;
    for (unsigned i = 0; i < PERMISSION_COUNT; i++) {
        int other = permissions[i].duty;
        if (!(set & PERMISSION_BIT(i)) || other == DUTY_NONE)
            continue;
        if (duty != DUTY_NONE && duty != other)
            return false;
        duty = other;
    }
    return true;
}

const char *permission_text(arena *a, uint64_t set)
{
    const char *text = "";
    for (unsigned i = 0; i < PERMISSION_COUNT && text; i++)
        if (set & PERMISSION_BIT(i))
            text = arena_printf(a, "%s%s%s", text, *text ? " " : "", permissions[i].name);
    return text;
}

err permission_parse(const char *text, uint64_t *set)
{
    *set = 0;
    for (;;) {
        size_t n = strcspn(text, " ");
        uint64_t bit = bit_of(text, n);
        if (!bit || *set & bit)
            return ERR_CORRUPT;
        *set |= bit;
        if (text[n] == '\0')
            return ERR_OK;
        text += n + 1;
    }
}
