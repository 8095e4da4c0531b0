# Included by src/CMakeLists.txt after yiqian_module(store ...): embeds the migrations.
file(GLOB store_migration_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/migrations/*.sql)
set(store_migrations_c ${PROJECT_BINARY_DIR}/generated/store/migrations.c)
add_custom_command(OUTPUT ${store_migrations_c}
  COMMAND ${CMAKE_COMMAND} -DDIR=${CMAKE_CURRENT_LIST_DIR}/migrations -DOUT=${store_migrations_c}
          -P ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
  DEPENDS ${store_migration_files} ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake ${PROJECT_SOURCE_DIR}/cmake/c_array.cmake
  COMMENT "Embedding the migrations" VERBATIM)
target_sources(yq_store PRIVATE ${store_migrations_c})
