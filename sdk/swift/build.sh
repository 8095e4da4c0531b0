#!/bin/sh
# Makes build/CYiqianDevice.xcframework. On a Mac (Apple silicon: the simulator is built for it alone) with Xcode and CMake.
set -eu
cd "$(dirname "$0")"
rm -rf build
mkdir -p build/headers
cp -R ../c/include/yiqian build/headers/
cp module.modulemap build/headers/
set --
for sdk in iphoneos iphonesimulator; do
    cmake -S . -B "build/$sdk" -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME=iOS -DCMAKE_OSX_SYSROOT="$sdk" \
        -DCMAKE_OSX_ARCHITECTURES=arm64 -DCMAKE_OSX_DEPLOYMENT_TARGET=14.0
    cmake --build "build/$sdk"
    set -- "$@" -library "build/$sdk/libyiqian-device.a" -headers build/headers
done
xcodebuild -create-xcframework "$@" -output build/CYiqianDevice.xcframework
