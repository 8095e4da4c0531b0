/* When backups are made by themselves, and with which passphrase: one row. The passphrase is sealed under the master key and never told. */
#ifndef YIQIAN_SERVICE_BACKUP_SETTING_H
#define YIQIAN_SERVICE_BACKUP_SETTING_H

#include "service/backup.h"

enum { BACKUP_KEEP_MAX = 365, BACKUP_DAY_MINUTES = 1440 };

typedef struct backup_setting {
    const char *schedule; /* "off", "daily", "weekly" */
    int64_t minute;       /* of the hospital's day */
    int64_t weekday;      /* 1 Monday to 7 Sunday */
    backup_scope scope;
    int64_t keep; /* so many scheduled ones */
    bool has_passphrase;
    int64_t version, changed_ms;
} backup_setting;

MUST_CHECK err backup_setting_get(const service *s, arena *a, backup_setting *out);

/* The whole of it; passphrase NULL: the old one stays. version 0: whichever it is. ERR_STALE, ERR_FIELD_VALUE, ERR_PASSPHRASE_WEAK,
 * ERR_PASSPHRASE_MISSING (a schedule without one); of a schedule also ERR_BACKUP_DIRECTORY and ERR_BACKUP_CONTENT, so that they are not found out at
 * night. */
MUST_CHECK err backup_setting_put(call *c, const backup_setting *wanted, const char *passphrase, backup_setting *out);

typedef struct backup_passphrase {
    uint8_t text[BACKUP_PASSPHRASE_MAX];
    size_t n;
} backup_passphrase;
void backup_passphrase_wipe(backup_passphrase *p);

/* ERR_PASSPHRASE_MISSING, ERR_DECRYPT. The caller wipes it. */
MUST_CHECK err backup_setting_passphrase(const service *s, arena *a, backup_passphrase *out);

/* Whether a scheduled one is due: since its last moment none was made well, nor was it tried within the last hour. last_good, last_try: when those
 * began; 0: never. */
bool backup_is_due(const backup_setting *setting, int zone_minutes, int64_t now_ms, int64_t last_good_ms,
                   int64_t last_try_ms);

#endif
