# The independent implementation these tests compare with, the reader of tests/kat, and a seed source with forks and threads.
set(YIQIAN_TEST_LINK OpenSSL::Crypto PkgConfig::JANSSON yq_os Threads::Threads)
