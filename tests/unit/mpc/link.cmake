# Round trips need both halves; OpenSSL verifies their signatures independently.
set(YIQIAN_TEST_LINK yq_mpc_device yq_mpc_server OpenSSL::Crypto)
