# c_array(TEXT NAME FILE): appends to the variable TEXT the C array NAME with the file's bytes and a 0 behind them.
# As numbers, because no quoting is right for every text.
function(c_array text name file)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  set(${text} "${${text}}static const unsigned char ${name}[] = {\n    ${bytes}0};\n\n" PARENT_SCOPE)
endfunction()
