/* Enrols this device and signs everything that waits for its person:
 *
 *     sdk_example_enrol_and_sign https://sign.hospital.example D1001 7KQF-3M9X-2TWB 274950
 *
 * The platform's callbacks are those of the command line's reference phone (src/cmd/phone.c); an app brings its own. An app asks for the PIN when
 * it is needed and wipes it afterwards; never take one on a command line outside of an example. */
#include <stdio.h>
#include <string.h>

#include <yiqian/device.h>

#include "cmd/phone.h"

enum { BATCH = 100 };

static int complain(const char *what, yq_status status, const yq_problem *problem)
{
    fprintf(stderr, "%s: %s", what, yq_status_text(status));
    if (problem->http_status)
        fprintf(stderr, " (%s: %s)", problem->code, problem->title_en);
    if (problem->tries_left >= 0)
        fprintf(stderr, ", %d tries left", problem->tries_left);
    fputc('\n', stderr);
    return 1;
}

/* The person sees whose code it is before anything is made. */
static bool confirm(void *context, const yq_person *person)
{
    (void)context;
    printf("enrolling %s (%s) of %s\n", person->name, person->staff_no, person->organisation);
    return true;
}

static int enrol(yq_device *device, char **argv, yq_key_info *key)
{
    const char *pin = argv[4];
    const yq_enrolment enrolment = {.server = argv[1],
                                    .staff_no = argv[2],
                                    .activation_code = argv[3],
                                    .device_name = "example",
                                    .pin = pin,
                                    .pin_n = strlen(pin),
                                    .confirm = confirm};
    yq_problem problem;
    yq_status status = yq_enrol(device, &enrolment, key, &problem);
    if (status == YQ_WRONG_STATE && key->stage == YQ_KEY_UNFINISHED) /* an earlier run was interrupted */
        status = yq_enrol_resume(device, key->key, pin, strlen(pin), key, &problem);
    if (status == YQ_WRONG_STATE && key->stage == YQ_KEY_ENROLLED) /* this code did its work before */
        status = YQ_OK;
    return status == YQ_OK ? 0 : complain("enrol", status, &problem);
}

/* All of the list in one request: the SDK fetches and hashes each document, and checks every signature. */
static int sign(yq_device *device, const yq_key_info *key, const char *pin, const yq_tasks *tasks)
{
    yq_sign_item items[BATCH] = {{0}};
    yq_sign_result results[BATCH];
    yq_sign_summary summary;
    yq_problem problem;
    for (size_t i = 0; i < tasks->n; i++)
        items[i].task = &tasks->items[i];
    yq_status status = yq_sign(device, key->key, items, tasks->n, pin, strlen(pin), results, &summary, &problem);
    if (status != YQ_OK)
        return complain("sign", status, &problem);
    for (size_t i = 0; i < tasks->n; i++)
        printf("signed %s %s at %s\n", tasks->items[i].task, tasks->items[i].title, results[i].signed_at);
    if (summary.failures_before > 0)
        printf("%d wrong PINs before this one\n", summary.failures_before);
    return 0;
}

static int sign_all(yq_device *device, const yq_key_info *key, const char *pin)
{
    for (;;) {
        yq_tasks tasks;
        yq_problem problem;
        yq_status status = yq_pull_tasks(device, key->key, NULL, BATCH, &tasks, &problem);
        if (status != YQ_OK)
            return complain("pull", status, &problem);
        const bool more = tasks.n > 0;
        int failed = more ? sign(device, key, pin, &tasks) : 0;
        yq_tasks_free(&tasks);
        if (!more || failed)
            return failed;
    }
}

int main(int argc, char **argv)
{
    phone *platform;
    yq_device *device;
    yq_key_info key;
    if (argc != 5) {
        fprintf(stderr, "usage: %s SERVER STAFF_NO ACTIVATION_CODE PIN\n", argv[0]);
        return 2;
    }
    if (phone_open(&platform, "yiqian-example", NULL) != ERR_OK)
        return 1;
    int failed = yq_device_open(&device, phone_platform(platform), &(yq_options){.platform = "example"}) != YQ_OK;
    if (!failed) {
        failed = enrol(device, argv, &key) || sign_all(device, &key, argv[4]);
        yq_device_close(device);
    }
    phone_close(platform);
    return failed;
}
