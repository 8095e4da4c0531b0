/* The native device of bench/mobile.mjs: enrols, then signs whatever tasks it has, one at a time and with the documents fetched beforehand,
 * and prints each yq_sign's milliseconds on a line.
 *
 *     bench_mobile_native SERVER STAFF_NO ACTIVATION_CODE PIN DIRECTORY
 *
 * It says "enrolled", and begins to sign with a line on standard input. */
#include <stdio.h>
#include <string.h>

#include "cmd/phone.h"
#include "os/clock.h"

enum { TASKS = 100 };

static int failed(const char *what, yq_status status)
{
    fprintf(stderr, "%s: %s\n", what, yq_status_text(status));
    return 1;
}

static int sign(yq_device *device, const char *key, const yq_task *task, const char *pin)
{
    yq_document document;
    yq_sign_result result;
    yq_status status = yq_task_document(device, key, task, &document, NULL);
    if (status != YQ_OK)
        return failed("document", status);
    const yq_sign_item item = {.task = task, .document = document.p, .document_n = document.n};
    uint64_t from = clock_monotonic_ns();
    status = yq_sign(device, key, &item, 1, pin, strlen(pin), &result, NULL, NULL);
    printf("%.3f\n", (double)(clock_monotonic_ns() - from) / 1e6);
    yq_document_free(&document);
    return status == YQ_OK ? 0 : failed("sign", status);
}

static int run(yq_device *device, char **argv)
{
    yq_key_info key;
    yq_tasks tasks;
    char line[16];
    const yq_enrolment enrolment = {.server = argv[1],
                                    .staff_no = argv[2],
                                    .activation_code = argv[3],
                                    .device_name = "bench",
                                    .pin = argv[4],
                                    .pin_n = strlen(argv[4])};
    yq_status status = yq_enrol(device, &enrolment, &key, NULL);
    if (status != YQ_OK)
        return failed("enrol", status);
    puts("enrolled");
    if (fflush(stdout) != 0 || !fgets(line, sizeof line, stdin))
        return 1;
    status = yq_pull_tasks(device, key.key, NULL, TASKS, &tasks, NULL);
    if (status != YQ_OK)
        return failed("pull", status);
    int wrong = 0;
    for (size_t i = 0; i < tasks.n && !wrong; i++)
        wrong = sign(device, key.key, &tasks.items[i], argv[4]);
    yq_tasks_free(&tasks);
    return wrong;
}

int main(int argc, char **argv)
{
    phone *platform;
    yq_device *device;
    if (argc != 6 || phone_open(&platform, argv[5], NULL) != ERR_OK)
        return 2;
    yq_status status = yq_device_open(&device, phone_platform(platform), NULL);
    int wrong = status == YQ_OK ? run(device, argv) : failed("open", status);
    if (status == YQ_OK)
        yq_device_close(device);
    phone_close(platform);
    return wrong;
}
