# What an SDK links of each module, as src/CMakeLists.txt has it, for builds that are not this project's own: the NDK's and Xcode's.
get_filename_component(device_root ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
file(GLOB device_sources CONFIGURE_DEPENDS ${device_root}/sdk/c/src/*.c ${device_root}/src/base/*.c ${device_root}/src/crypto/*.c
  ${device_root}/src/asn1/*.c)
foreach(part mpc/mpc mpc/mpc_scope mpc/mpc_device pki/cert pki/cert_issue pki/crl pki/extension pki/path pki/signed)
  list(APPEND device_sources ${device_root}/src/${part}.c)
endforeach()

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

function(yiqian_device_target name)
  target_include_directories(${name} PRIVATE ${device_root}/sdk/c/include ${device_root}/sdk/c/src ${device_root}/src)
  target_compile_definitions(${name} PRIVATE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE _DARWIN_C_SOURCE)
  target_compile_options(${name} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-O3> -Wall -Wextra -Werror -fstack-protector-strong -ffunction-sections -fdata-sections)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND CMAKE_SIZEOF_VOID_P EQUAL 8 AND NOT APPLE)
    # The processor is asked before it is used.
    set_source_files_properties(${device_root}/src/crypto/backend_adx.c PROPERTIES COMPILE_OPTIONS "-mbmi2;-madx;-mavx2")
  endif()
endfunction()
