# The app's own logic under Robolectric, on Android 9 (the oldest that it runs on) and 15; scripts/test --android calls this.
. "$root/apps/android/build.sh"

test_android() {
    local work=$root/build/android/test classes
    fetch_libraries build
    fetch_libraries test
    fetch_libraries phones
    rm -rf "$work"
    mkdir -p "$work/assets" "$work/classes/com/android/tools"
    cp -r "$android/test/page" "$work/assets/app"
    package_resources "$work/resources.apk" "$work/generated" -A "$work/assets" --version-name 0.1.0 --version-code 100
    compile_app "$work/app" "$work/generated"
    javac -Xlint:all,-options,-deprecation,-classfile,-processing -Werror -proc:none -encoding UTF-8 --release 17 \
        -cp "$work/app:$(library_path test):$(library_path build)" -d "$work/classes" $(find "$android/test" -name '*.java')
    cat >"$work/classes/com/android/tools/test_config.properties" <<END
android_custom_package=org.yiqian.app
android_merged_manifest=$android/AndroidManifest.xml
android_merged_assets=$work/assets
android_resource_apk=$work/resources.apk
END
    echo 'sdk=28,35' >"$work/classes/robolectric.properties"
    classes=$(cd "$android/test" && find . -name '*Test.java' | sed 's|^\./||; s|\.java$||; s|/|.|g' | sort)
    [ -n "$classes" ] || { echo "no tests" >&2; return 1; }
    java -Drobolectric.offline=true -Drobolectric.dependency.dir="$libraries" -Djava.io.tmpdir="$work" \
        --add-opens java.base/java.lang=ALL-UNNAMED --add-opens java.base/java.util=ALL-UNNAMED \
        -cp "$work/classes:$work/app:$(library_path test):$(library_path build)" org.junit.runner.JUnitCore $classes
}

# The APK of the tests' page: what a phone looks at when it is installed, and that nothing is in it by accident.
test_apk() {
    local work=$root/build/android/test-apk page=$android/test/page apk
    need dexdump unzip
    rm -rf "$work"
    mkdir -p "$work"
    export XDG_CONFIG_HOME=$work/config
    apk=$work/app.apk
    scripts/tools/apk --page "$page" --out "$apk"
    expect() { grep -qE -- "$1" <<<"$2" || { echo "the APK: $3" >&2; exit 1; }; }
    # Of the schemes, apksigner looks at the newest that the oldest Android knows: v2 is of Android 7, which some stores look at.
    expect 'Scheme v2\): true' "$(apksigner verify -v --min-sdk-version 24 --max-sdk-version 27 "$apk")" "is not signed by scheme v2"
    expect 'Scheme v3\): true' "$(apksigner verify -v "$apk")" "is not signed by scheme v3"
    expect "sdkVersion:'28'" "$(aapt dump badging "$apk")" "is for another Android"
    expect "application-label:'医签'" "$(aapt dump badging "$apk")" "has another name"
    ! aapt dump badging "$apk" | grep -q debuggable || { echo "the APK is debuggable" >&2; exit 1; }
    expect 'Lorg/yiqian/app/MainActivity;' "$(dexdump "$apk" | grep 'Class descriptor')" "has no window"
    ! dexdump "$apk" | grep 'Class descriptor' | grep -v 'Lorg/yiqian/app/' || { echo "the APK carries classes of others" >&2; exit 1; }
    ! unzip -l "$apk" | grep -E '\.so$|\.gz$|\.map$' || { echo "the APK carries what it should not" >&2; exit 1; }
    cmp <(unzip -p "$apk" assets/app/assets/core-1a2b.wasm) "$page/assets/core-1a2b.wasm"
    [ "$(stat -c %a "$work/config/yiqian/apk.p12")$(stat -c %a "$work/config/yiqian/apk.password")" = 600600 ] || { echo "others may read the key" >&2; exit 1; }

    # Again: the same key, and the same bytes but for the signature, which is another each time.
    scripts/tools/apk --page "$page" --out "$work/again.apk"
    cmp <(apksigner verify --print-certs "$apk") <(apksigner verify --print-certs "$work/again.apk")
    cmp <(unzip -v "$apk" | grep -v '^Archive') <(unzip -v "$work/again.apk" | grep -v '^Archive')

    scripts/tools/apk --page "$page" --out "$work/other.apk" --development --id cn.hospital.sign --version-code 7
    expect "name='cn.hospital.sign' versionCode='7'" "$(aapt dump badging "$work/other.apk")" "has another id"
    expect 'application-debuggable' "$(aapt dump badging "$work/other.apk")" "of development is not debuggable"
    expect 'localhost' "$(aapt dump xmlstrings "$work/other.apk" res/xml/network_security_config.xml)" "of development reaches no loopback"
    ! aapt dump xmlstrings "$apk" res/xml/network_security_config.xml | grep -q localhost || { echo "the APK speaks in the clear" >&2; exit 1; }

    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -out "$work/root.pem" -subj "/CN=root of the tests" 2>/dev/null
    scripts/tools/apk --page "$page" --out "$work/root.apk" --root "$work/root.pem"
    cmp <(unzip -p "$work/root.apk" res/raw/hospital_root.pem) "$work/root.pem"
    trusted() { aapt dump xmltree "$1" res/xml/network_security_config.xml | sed -n 's/.*A: src="\([^"]*\)".*/\1/p; s/.*A: src=@.*/bundled/p' | xargs; }
    expect '^system user$' "$(trusted "$apk")" "trusts other roots"
    expect '^system bundled$' "$(trusted "$work/root.apk")" "with a root trusts other roots"
    ! scripts/tools/apk --page "$page" --out "$work/none.apk" --root "$work/config/yiqian/apk.password" 2>/dev/null || { echo "an APK with a root that is none was built" >&2; exit 1; }

    ! scripts/tools/apk --page "$work" --out "$work/none.apk" 2>/dev/null && [ ! -e "$work/none.apk" ] || { echo "an APK without a page was built" >&2; exit 1; }
    ! scripts/tools/apk --page "$page" --out "$work/none.apk" --id 'a b' 2>/dev/null || { echo "an APK with a bad id was built" >&2; exit 1; }
    echo "the APK is as it should be"
}
