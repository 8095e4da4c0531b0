# The phone of the tests is the real device half; OpenSSL makes its P-256 credential.
set(YIQIAN_TEST_LINK yq_mpc_device OpenSSL::Crypto)
