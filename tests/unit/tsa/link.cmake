# Keys of other algorithms than SM2, and the independent reader of their tokens.
set(YIQIAN_TEST_LINK yq_keystore OpenSSL::Crypto)
