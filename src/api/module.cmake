# Included by src/CMakeLists.txt after yiqian_module(api ...): renders and embeds the API reference that the server serves at /docs.
set(reference_yaml ${PROJECT_SOURCE_DIR}/docs/api/openapi.yaml)
set(reference_css ${PROJECT_SOURCE_DIR}/docs/api/reference.css)
set(reference_html ${PROJECT_BINARY_DIR}/generated/api/reference.html)
set(reference_c ${PROJECT_BINARY_DIR}/generated/api/reference_files.c)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/api)
find_program(YIQIAN_PYTHON3 python3 REQUIRED)
add_custom_command(OUTPUT ${reference_html}
  COMMAND ${YIQIAN_PYTHON3} ${PROJECT_SOURCE_DIR}/scripts/tools/api_reference ${reference_yaml} ${reference_html}
  DEPENDS ${reference_yaml} ${PROJECT_SOURCE_DIR}/scripts/tools/api_reference
  COMMENT "Rendering the API reference" VERBATIM)
add_custom_command(OUTPUT ${reference_c}
  COMMAND ${CMAKE_COMMAND} "-DFILES=reference.html=${reference_html};reference.css=${reference_css};openapi.yaml=${reference_yaml}"
          -DOUT=${reference_c} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${reference_html} ${reference_css} ${reference_yaml} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
          ${PROJECT_SOURCE_DIR}/cmake/c_array.cmake
  COMMENT "Embedding the API reference" VERBATIM)
target_sources(yq_api PRIVATE ${reference_c})
