# The other side of the SDK is played by a server in the tests: the protocol's server half, a JSON library that is not the
# SDK's own, and OpenSSL for the credential.
set(YIQIAN_TEST_LINK yq_mpc_server PkgConfig::JANSSON OpenSSL::Crypto Threads::Threads)
