# Turns files into the C array embedded_files (src/api/reference.c) in the file OUT.
# Run as: cmake -DFILES=name=path;name=path -DOUT=... -P embed.cmake
include(${CMAKE_CURRENT_LIST_DIR}/c_array.cmake)
set(texts "")
set(rows "")
set(place 0)
foreach(pair ${FILES})
  string(REGEX MATCH "^([^=]+)=(.+)$" all "${pair}")
  set(name ${CMAKE_MATCH_1})
  c_array(texts file_${place} ${CMAKE_MATCH_2})
  string(APPEND rows "    {\"${name}\", file_${place}, sizeof file_${place} - 1},\n")
  math(EXPR place "${place} + 1")
endforeach()
file(WRITE ${OUT} "#include \"api/reference.h\"\n\n${texts}const reference_file reference_files[] = {\n${rows}};\n"
  "const size_t reference_files_n = ${place};\n")
