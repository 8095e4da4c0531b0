set(YIQIAN_TEST_LINK OpenSSL::Crypto)
