#!/bin/sh
# The module of sdk/swift: compiled as one (its headers alone, in C and in Objective-C), with every warning, as build.sh lays it out.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/headers"
cp -R "$root/sdk/c/include/yiqian" "$root/sdk/swift/module.modulemap" "$work/headers/"
for language in c objective-c; do
    source=$here/module.m
    if [ $language = c ]; then
        sed 's/^@import .*/#include <yiqian\/device.h>\n#include <yiqian\/workstation.h>/' "$here/module.m" >"$work/module.c"
        source=$work/module.c
    fi
    # Apple's own headers are modules, too; here those of the C library are not.
    clang-14 -x $language -std=c17 -fmodules -fmodules-cache-path="$work/cache" -Wall -Wextra -Werror \
        -Wno-non-modular-include-in-module -I "$work/headers" -c "$source" -o "$work/$language.o"
done
# That it was a module and no text: its compiled form is there.
[ -n "$(find "$work/cache" -name 'CYiqianDevice-*.pcm')" ]
echo "a module"
