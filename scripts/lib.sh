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
    echo "installing: ${missing[*]}" >&2
    "${as_root[@]}" apt-get update -q >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
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

need_to_build() {
    need gcc libc6-dev cmake ninja-build pkg-config openssl libssl-dev libmicrohttpd-dev libjansson-dev libcurl4-openssl-dev \
        libsqlite3-dev libqrencode-dev libcmocka-dev python3 python3-yaml
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
