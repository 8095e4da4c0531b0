# What scripts/tools/apk and scripts/test --android share; sourced after scripts/lib.sh.
android=$root/apps/android
libraries=$root/build/android/libraries

# fetch_libraries build|test: copies the libraries of pom.xml from the machine's Maven registry and holds them against libraries.sha256; what is not in there is not used.
fetch_libraries() {
    local kind=$1 sums
    command -v javac >/dev/null || need default-jdk-headless
    mkdir -p "$libraries"
    sums=$libraries/$kind.sha256
    sed -n "s/^$kind //p" "$android/libraries.sha256" >"$sums"
    if ! (cd "$libraries" && sha256sum --status -c "$sums") 2>/dev/null; then
        command -v mvn >/dev/null || need maven
        case $kind in
            build) maven_copy copy-dependencies -f "$android/pom.xml" -DincludeScope=provided ;;
            test) maven_copy copy-dependencies -f "$android/pom.xml" -DincludeScope=test ;;
            phones)
                local name
                while read -r _ name; do
                    name=${name#android-all-instrumented-}
                    maven_copy copy -Dartifact="org.robolectric:android-all-instrumented:${name%.jar}"
                done <"$sums"
                ;;
        esac
    fi
    (cd "$libraries" && sha256sum --quiet --strict -c "$sums") || { echo "a library is not the one of apps/android/libraries.sha256" >&2; exit 1; }
}

maven_copy() {
    local goal=$1
    shift
    mvn -B -q "dependency:$goal" -DoutputDirectory="$libraries" "$@" >&2
}

# The class path of a kind.
library_path() {
    awk -v directory="$libraries/" '{ printf "%s%s%s", separator, directory, $2; separator = ":" }' "$libraries/$1.sha256"
}

# package_resources OUT GENERATED [AAPT-OPTION...]: the manifest and the resources as aapt packs them, and R.java.
package_resources() {
    local out=$1 generated=$2
    shift 2
    need aapt
    mkdir -p "$generated"
    aapt package -f -m -J "$generated" -M "$android/AndroidManifest.xml" "$@" -S "$android/res" -I "$libraries"/android-all-14-*.jar -F "$out" >/dev/null
}

# compile_app OUT GENERATED: Java 8, since dx knows no newer class files. java.* is the JDK's list of what Java 8 had: android-all has none.
compile_app() {
    mkdir -p "$1"
    javac -Xlint:all,-options,-deprecation,-classfile -Werror -encoding UTF-8 --release 8 -cp "$(library_path build)" -d "$1" \
        $(find "$android/src" "$2" -name '*.java')
}
