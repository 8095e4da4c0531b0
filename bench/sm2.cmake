add_executable(bench_sm2 sm2.c)
target_link_libraries(bench_sm2 PRIVATE yq_os yq_crypto yq_mpc_device yq_mpc_server OpenSSL::Crypto PkgConfig::JANSSON)
