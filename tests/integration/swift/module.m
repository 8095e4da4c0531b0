/* The SDK's headers as the module that Swift imports. */
@import CYiqianDevice;

_Static_assert(YQ_OK == 0 && YQ_KEYS_MAX == 64, "of yiqian/device.h");

int uses_the_module(yq_device *device, yq_key_info *keys, size_t *n, yq_workstation *workstation, yq_workstation_info *info);

int uses_the_module(yq_device *device, yq_key_info *keys, size_t *n, yq_workstation *workstation, yq_workstation_info *info)
{
    return yq_list_keys(device, keys, YQ_KEYS_MAX, n) != YQ_OK || yq_workstation_describe(workstation, info) != YQ_OK;
}
