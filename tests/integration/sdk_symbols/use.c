/* An application's own code beside the SDK: its names are also names inside the SDK, and neither sees the other's. */
#include <stdio.h>
#include <string.h>

#include <yiqian/device.h>
#include <yiqian/workstation.h>

#ifdef __cplusplus
extern "C" {
#endif
int sm3(void);
int hex_decode(void);
int mpc_device_sign(void);
int wipe(void);
#ifdef __cplusplus
}
#endif

static int wrong;

int sm3(void)
{
    return wrong++;
}

int hex_decode(void)
{
    return wrong++;
}

int mpc_device_sign(void)
{
    return wrong++;
}

int wipe(void)
{
    return wrong++;
}

static int load(void *context, const char *name, uint8_t *out, size_t capacity, size_t *n)
{
    (void)context;
    (void)name;
    (void)out;
    (void)capacity;
    (void)n;
    return YQ_PLATFORM_NOT_FOUND;
}

static int save(void *context, const char *name, const uint8_t *p, size_t n)
{
    (void)name;
    (void)p;
    (void)n;
    ++*(int *)context;
    return YQ_PLATFORM_OK;
}

static int erase(void *context, const char *name)
{
    (void)context;
    (void)name;
    return YQ_PLATFORM_OK;
}

static int exchange(void *context, const yq_http_request *request, int *status, yq_http_answer *answer)
{
    (void)context;
    (void)request;
    (void)status;
    (void)answer;
    return YQ_PLATFORM_FAILED;
}

static int fill(void *context, uint8_t *out, size_t n)
{
    (void)context;
    memset(out, 7, n);
    return YQ_PLATFORM_OK;
}

static int create(void *context, const char *name, uint8_t public_key[65])
{
    (void)context;
    (void)name;
    memset(public_key, 4, 65);
    return YQ_PLATFORM_OK;
}

static int sign(void *context, const char *name, const uint8_t *message, size_t n, uint8_t rs[64])
{
    (void)context;
    (void)name;
    (void)message;
    (void)n;
    (void)rs;
    return YQ_PLATFORM_FAILED;
}

int main(void)
{
    int saves = 0;
    yq_platform platform;
    yq_device *device = NULL;
    yq_workstation *workstation = NULL;
    yq_workstation_info info;
    memset(&platform, 0, sizeof platform);
    platform.storage.context = &saves;
    platform.storage.load = load;
    platform.storage.save = save;
    platform.storage.erase = erase;
    platform.transport.exchange = exchange;
    platform.entropy.fill = fill;
    platform.credential.create = create;
    platform.credential.sign = sign;
    platform.credential.erase = erase;
    if (yq_device_open(&device, &platform, NULL) != YQ_OK ||
        yq_set_server(device, "https://sign.hospital.example") != YQ_OK || saves != 1 || wrong != 0)
        return 1;
    yq_device_close(device);
    if (yq_workstation_open(&workstation, &platform, NULL) != YQ_OK ||
        yq_workstation_describe(workstation, &info) != YQ_NOT_FOUND)
        return 1;
    yq_workstation_close(workstation);
    return strcmp(yq_status_text(YQ_PIN_WRONG), "the PIN is wrong") != 0;
}
