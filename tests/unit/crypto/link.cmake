# The independent implementation these tests compare with, and the reader of tests/kat.
set(YIQIAN_TEST_LINK OpenSSL::Crypto PkgConfig::JANSSON)
