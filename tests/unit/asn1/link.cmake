# What SM2 ciphers are made and opened with: ours and OpenSSL, and the reader of tests/kat.
set(YIQIAN_TEST_LINK yq_crypto OpenSSL::Crypto PkgConfig::JANSSON)
