/* One run of `yiqian device COMMAND`: its options, the phone and the SDK's context over it, and what is printed at the
 * end. */
#ifndef YIQIAN_CMD_DEVICE_RUN_H
#define YIQIAN_CMD_DEVICE_RUN_H

#include <jansson.h>

#include "cmd/phone.h"
#include "cmd/session.h"

typedef struct device_options {
    const char *dir, *ca_file, *key, *pin_file;
    bool json, help, test_finger;
    bool fingerprint;                            /* sign, scan, login, authorise */
    const char *before;                          /* history */
    const char *server, *staff_no, *code, *name; /* enrol */
    bool yes;
    bool offline;             /* keys */
    int64_t limit;            /* tasks, history */
    const char *output;       /* show */
    bool all, unseen;         /* sign, listen */
    const char *document;     /* sign */
    bool local;               /* remove */
    const char *new_pin_file; /* pin */
    const char *reason;       /* decline */
    int64_t seconds;          /* listen */
    const char *number;       /* login */
    int64_t lasting, count;   /* authorise */
    option_list systems, record_types;
} device_options;

typedef struct device_run {
    session session; /* arena, and how errors are told; no connection of its own */
    device_options options;
    const char *const *operands;
    size_t operands_n;
    phone *phone;
    yq_device *device;
    bool unanswered; /* a question came up that nobody was there to answer */
    json_t *result;  /* printed with --json, after a failure too; NULL: the command prints lines of its own */
} device_run;

/* A command gives what the process ends with; what went wrong has been told. */
typedef int (*device_command_run)(device_run *r);

int device_run_enrol(device_run *r);
int device_run_resume(device_run *r);
int device_run_keys(device_run *r);
int device_run_remove(device_run *r);
int device_run_change_pin(device_run *r);
int device_run_refresh(device_run *r);
int device_run_renew(device_run *r);
int device_run_rekey(device_run *r);
int device_run_tasks(device_run *r);
int device_run_show(device_run *r);
int device_run_sign(device_run *r);
int device_run_decline(device_run *r);
int device_run_fingerprint(device_run *r);
int device_run_history(device_run *r);
int device_run_listen(device_run *r);
int device_run_scan(device_run *r);
int device_run_login(device_run *r);
int device_run_other_keys(device_run *r);
int device_run_lost(device_run *r);
int device_run_authorise(device_run *r);
int device_run_authorisations(device_run *r);
int device_run_close_authorisation(device_run *r);

/* Shows and signs the tasks that were scanned, with the rest of their batch where it is a larger one. */
int device_run_sign_scanned(device_run *r, const yq_key_info *key, const yq_scanned *seen);

/* Shows for whom a certificate is and which phones sign no more with it, and asks: for the SDK's confirm callbacks. Where there is no terminal
 * and no --yes, a certificate that ends others is declined, told as a command line that is wrong. */
bool device_run_confirm(device_run *r, const yq_person *person, phrase whose, phrase question);

/* Tells, and puts {"error": ...} into the result. */
int device_run_failed(device_run *r, yq_status status, const yq_problem *problem);

/* A command line that is wrong. */
int device_run_usage(device_run *r, phrase what, const char *subject);

/* The enrolled key that the command is about: --key, or the only one. *code is what the process ends with where there
 * is none. */
MUST_CHECK bool device_run_choose(device_run *r, yq_key_info *key, int *code);

/* The PIN into `out` (cmd/pin.h), which the caller wipes; false as above. */
MUST_CHECK bool device_run_pin(device_run *r, char *out, size_t *n, bool new_pin, int *code);

/* The PIN for a signature; with --fingerprint there is none, and *pin is NULL. `room` is the caller's to wipe. */
MUST_CHECK bool device_run_person(device_run *r, char *room, const char **pin, size_t *n, int *code);

/* Likewise the PIN that is to be: --new-pin-file, $YIQIAN_NEW_PIN, the terminal. */
MUST_CHECK bool device_run_other_pin(device_run *r, char *out, size_t *n, int *code);

/* Fit for a terminal; "" where memory is out. */
const char *device_run_printable(device_run *r, const char *text);

/* A key, a task as JSON. */
json_t *device_run_key_json(const yq_key_info *key);
json_t *device_run_task_json(const yq_task *t);

#endif
