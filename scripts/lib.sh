# What run, test and bench share: finding the project, installing what is missing, building.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Installs the Debian packages of the arguments that are not installed yet.
need() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "these packages are needed, and neither root nor sudo is there: ${missing[*]}" >&2; exit 1; }
        as_root=(sudo)
    fi
    echo "正在安装（首次可能需几分钟）/ installing (the first time some minutes): ${missing[*]}" >&2
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update -q &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        rm -f "$log"
        echo "安装失败 / they could not be installed: ${missing[*]}" >&2
        exit 1
    fi
    rm -f "$log"
}

# Ends where $2, given to the option $1, is no whole number.
need_number() {
    [[ $2 =~ ^[0-9]{1,9}$ ]] || { echo "$1 takes a whole number, not \"$2\"" >&2; exit 2; }
}

# Node and npm, from Debian only where no other Node is there.
need_node() {
    command -v node >/dev/null && command -v npm >/dev/null || need nodejs npm
}

# The pages of the example EMR, into build/emr; built anew only when their sources changed.
build_emr() {
    local pages=$root/build/emr web=$root/examples/emr/web
    if [ -e "$pages/index.html" ] && [ -e "$web/node_modules/.package-lock.json" ] &&
        [ -z "$(find "$web" -path "$web/node_modules" -prune -o -type f -newer "$pages/index.html" -print -quit)" ]; then
        return
    fi
    mkdir -p "$root/build"
    need_node && (cd "$web" && npm ci && npm run build) >"$root/build/emr.log" 2>&1
}

# build_wasm [TARGET...]: the device SDK as a WebAssembly module, and that of the console's key files, into build/wasm.
build_wasm() {
    need cmake ninja-build clang-14 lld-14 llvm-14 wasi-libc libclang-rt-14-dev-wasm32 binaryen
    build wasm ${1:+-- "$@"}
}

# The SDK for browsers, into sdk/js/dist; built anew only when its sources or the module changed.
build_sdk_js() {
    local sdk=$root/sdk/js
    build_wasm
    if [ -e "$sdk/dist/yiqian-device.wasm" ] && [ -e "$root/node_modules/.package-lock.json" ] &&
        [ -z "$(find "$sdk/src" "$sdk/package.json" "$sdk/tsconfig.json" "$root/build/wasm/sdk/wasm/yiqian-device.wasm" -type f \
            -newer "$sdk/dist/yiqian-device.wasm" -print -quit)" ]; then
        return
    fi
    need_node && { npm ci && npm run build --workspace sdk/js; } >"$root/build/sdk_js.log" 2>&1
}

# The files of built pages, those that compress, compressed beside them.
compress() {
    find "$1" -type f -size +1k \( -name '*.html' -o -name '*.js' -o -name '*.mjs' -o -name '*.css' -o -name '*.wasm' -o -name '*.json' \
        -o -name '*.svg' -o -name '*.webmanifest' -o -name '*.ttf' \) -exec gzip -9 -k -n -f {} +
}

# The app for phones, into build/app, what compresses compressed beside it; built anew only when its sources or the SDK changed.
build_app() {
    local app=$root/build/app made=$root/build/app.made web=$root/web/mobile
    build_sdk_js || return 1
    if [ -e "$app/index.html" ] && [ -e "$made" ] &&
        [ -z "$(find "$web" "$root/sdk/js/dist" "$root/package-lock.json" -path "$web/node_modules" -prune -o -type f -newer "$made" -print -quit)" ]; then
        return
    fi
    rm -f "$made"
    {
        { [ -d "$root/node_modules/vant" ] || npm ci; } && npm run build --workspace web/mobile && compress "$app"
    } >"$root/build/app.log" 2>&1 && touch "$made"
}

# The console, into build/console, what compresses compressed beside it; built anew only when its sources or the API's description changed.
build_console() {
    local made=$root/build/console.made web=$root/web/console key=$root/build/wasm/sdk/wasm/yiqian-key.wasm
    build_wasm yiqian_key
    if [ -e "$root/build/console/index.html" ] && [ -e "$made" ] &&
        [ -z "$(find "$web" "$key" "$root/docs/api/openapi.yaml" "$root/package-lock.json" -path "$web/node_modules" -prune -o -type f ! -name schema.d.ts -newer "$made" -print -quit)" ]; then
        return
    fi
    rm -f "$made"
    mkdir -p "$root/build"
    need_node && {
        { [ -d "$root/node_modules/element-plus" ] || npm ci; } && npm run build --workspace web/console && compress "$root/build/console"
    } >"$root/build/console.log" 2>&1 && touch "$made"
}

need_to_build() {
    need gcc libc6-dev cmake ninja-build pkg-config openssl libssl-dev libmicrohttpd-dev libjansson-dev libcurl4-openssl-dev \
        libsqlite3-dev libqrencode-dev libpng-dev libcmocka-dev python3 python3-yaml
}

# build PRESET [-DOPTION=VALUE...] [-- TARGET...]: configures and builds a preset of CMakePresets.json (without targets, what the preset
# builds); its log is shown only when it fails.
build() {
    local preset=$1 log configure=() targets=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        configure+=("$1")
        shift
    done
    [ $# -le 1 ] || targets=(--target "${@:2}")
    log=$(mktemp)
    if ! { cmake --preset "$preset" "${configure[@]}" &&
        cmake --build --preset "$preset" --parallel "$(nproc)" "${targets[@]}"; } >"$log" 2>&1; then
        tail -n 100 "$log" >&2
        rm -f "$log"
        echo "the build of preset $preset failed" >&2
        exit 1
    fi
    rm -f "$log"
}
