#include "service/backup_content.h"

#include <string.h>

const backup_table backup_tables[] = {
    {"alarm", BACKUP_PART_DATA},
    {"alarm_channel", BACKUP_PART_BOTH},
    {"alarm_notice", BACKUP_PART_DATA},
    {"app_user", BACKUP_PART_BOTH},
    {"approval", BACKUP_PART_BOTH},
    {"audit", BACKUP_PART_DATA},
    {"audit_block", BACKUP_PART_NEVER}, /* made anew from the log */
    {"audit_head", BACKUP_PART_DATA},
    {"authorisation", BACKUP_PART_DATA},
    {"backup", BACKUP_PART_BOTH},
    {"backup_permit", BACKUP_PART_NEVER},
    {"backup_setting", BACKUP_PART_BOTH},
    {"ca", BACKUP_PART_BOTH},
    {"callback", BACKUP_PART_DATA},
    {"callback_endpoint", BACKUP_PART_BOTH},
    {"certificate", BACKUP_PART_BOTH},
    {"certificate_profile", BACKUP_PART_BOTH},
    {"certificate_profile_version", BACKUP_PART_BOTH},
    {"claim", BACKUP_PART_DATA},
    {"clock_history", BACKUP_PART_DATA},
    {"console_link", BACKUP_PART_NEVER},
    {"console_session", BACKUP_PART_NEVER},
    {"crl", BACKUP_PART_BOTH},
    {"device", BACKUP_PART_BOTH},
    {"device_key", BACKUP_PART_BOTH},
    {"enrolment", BACKUP_PART_BOTH},
    {"health_probe", BACKUP_PART_BOTH},
    {"idempotency", BACKUP_PART_NEVER},
    {"monitor_hour", BACKUP_PART_DATA},
    {"monitor_minute", BACKUP_PART_DATA},
    {"operator", BACKUP_PART_BOTH},
    {"operator_certificate", BACKUP_PART_BOTH},
    {"operator_phone", BACKUP_PART_BOTH},
    {"operator_token", BACKUP_PART_BOTH},
    {"policy", BACKUP_PART_BOTH},
    {"renewal", BACKUP_PART_BOTH},
    {"request_nonce", BACKUP_PART_BOTH}, /* a request that was answered is not answered again */
    {"retired_share", BACKUP_PART_BOTH},
    {"role", BACKUP_PART_BOTH},
    {"scan", BACKUP_PART_NEVER},
    {"schema_migration", BACKUP_PART_BOTH},
    {"signature", BACKUP_PART_DATA},
    {"signature_stamp", BACKUP_PART_DATA},
    {"statistics_day", BACKUP_PART_DATA},
    {"statistics_state", BACKUP_PART_DATA},
    {"system", BACKUP_PART_BOTH},
    {"system_credential", BACKUP_PART_BOTH},
    {"task", BACKUP_PART_DATA},
    {"task_batch", BACKUP_PART_DATA},
    {"task_document", BACKUP_PART_DATA},
    {"time_signer", BACKUP_PART_BOTH},
    {"token", BACKUP_PART_DATA},
    {"token_hour", BACKUP_PART_DATA},
    {"token_refusal", BACKUP_PART_DATA},
    {"tsa_access", BACKUP_PART_BOTH},
    {"tsa_authority", BACKUP_PART_BOTH},
    {"tsa_root", BACKUP_PART_BOTH},
    {"tsa_root_crl", BACKUP_PART_BOTH},
    {"tsa_unit", BACKUP_PART_BOTH},
    {"user_alias", BACKUP_PART_BOTH},
    {"user_attribute", BACKUP_PART_BOTH},
    {"user_department", BACKUP_PART_BOTH},
    {"user_seal", BACKUP_PART_BOTH},
    {"workstation", BACKUP_PART_BOTH},
};
const size_t backup_tables_n = sizeof backup_tables / sizeof *backup_tables;

/* The backup that is being made is not in itself. */
const char backup_scrub[] =
    "UPDATE authorisation SET sealed_share = NULL, sealed_for_workstation = NULL, open_sid = NULL, open_until = NULL;"
    "UPDATE enrolment SET code_hash = zeroblob(32);"
    "UPDATE enrolment SET state = 'closed' WHERE state = 'offered' OR state = 'open';"
    "UPDATE workstation SET code_hash = zeroblob(32);"
    "UPDATE workstation SET state = 'removed' WHERE state = 'offered';"
    "UPDATE approval SET state = 'expired' WHERE state = 'pending';"
    "DELETE FROM backup WHERE state = 'running' OR state = 'removed';";

const copy_rule *backup_rules(arena *a, backup_scope scope)
{
    copy_rule *rules = arena_alloc(a, backup_tables_n * sizeof *rules);
    for (size_t i = 0; rules && i < backup_tables_n; i++) {
        backup_part part = backup_tables[i].part;
        rules[i] = (copy_rule){backup_tables[i].table,
                               part == BACKUP_PART_BOTH || (part == BACKUP_PART_DATA && scope == BACKUP_ALL)};
    }
    return rules;
}

const char *backup_scope_name(backup_scope scope)
{
    return scope == BACKUP_ALL ? "all" : "configuration";
}

bool backup_scope_of(const char *name, backup_scope *out)
{
    *out = strcmp(name, "all") == 0 ? BACKUP_ALL : BACKUP_CONFIGURATION;
    return strcmp(name, backup_scope_name(*out)) == 0;
}
