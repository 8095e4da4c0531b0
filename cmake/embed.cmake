# Turns files into the C array embedded_files (src/api/reference.c) in the file OUT.
# Run as: cmake -DFILES=name=path;name=path -DOUT=... -P embed.cmake
set(texts "")
set(rows "")
set(place 0)
foreach(pair ${FILES})
  string(REGEX MATCH "^([^=]+)=(.+)$" all "${pair}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND texts "static const unsigned char file_${place}[] = {\n    ${bytes}0};\n\n")
  string(APPEND rows "    {\"${name}\", file_${place}, sizeof file_${place} - 1},\n")
  math(EXPR place "${place} + 1")
endforeach()
file(WRITE ${OUT} "#include \"api/reference.h\"\n\n${texts}const reference_file reference_files[] = {\n${rows}};\n"
  "const size_t reference_files_n = ${place};\n")
