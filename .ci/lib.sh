# Shared by the scripts in this directory: the cache of tools, and how they get there.
# Everything is installed outside of the repository, by version, and only once.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${KEYLINT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/keylint-ci}
target=${CARGO_TARGET_DIR:-$root/target}
# shellcheck disable=SC2034 # for the scripts
keylint=$target/release/keylint

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# A line for whoever reads a successful run. File descriptor 3 is the terminal inside a step.
say() { printf '   %s\n' "$*" >&3; }

# Debian and Ubuntu can get what is missing; elsewhere the message says what to install.
need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null && return
    if command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$2"
    fi
    command -v "$1" >/dev/null || die "\`$1\` is missing: install the package $2 and run this again."
}

# The Python tools, at the versions in requirements.txt. Prints the directory of their commands.
python_tools() {
    local wanted directory
    wanted=$(cksum <"$root/.ci/requirements.txt" | cut -d' ' -f1)
    directory=$cache/python-$wanted
    if [[ ! -e $directory/complete ]]; then
        need python3 python3-venv
        rm -rf "$directory"
        python3 -m venv "$directory" >&2
        "$directory/bin/pip" install --quiet --disable-pip-version-check \
            --requirement "$root/.ci/requirements.txt" >&2
        touch "$directory/complete"
    fi
    printf '%s\n' "$directory/bin"
}

# The npm tools, at the versions in npm.txt. Prints the directory `node_modules`.
npm_tools() {
    local wanted directory
    wanted=$(cksum <"$root/.ci/npm.txt" | cut -d' ' -f1)
    directory=$cache/npm-$wanted
    if [[ ! -e $directory/complete ]]; then
        need npm npm
        rm -rf "$directory"
        mkdir -p "$directory"
        # No install script runs: the packages hold what they need.
        (cd "$directory" && grep -v '^#' "$root/.ci/npm.txt" |
            xargs npm install --silent --no-audit --no-fund --ignore-scripts --prefix .) >&2
        touch "$directory/complete"
    fi
    printf '%s\n' "$directory/node_modules"
}

# cargo-deny, compiled once. Prints the command.
cargo_deny() {
    local version=0.20.2 directory
    directory=$cache/cargo-deny-$version
    if [[ ! -x $directory/bin/cargo-deny ]]; then
        # A target directory of its own: the repository's may be shared with a running build.
        CARGO_TARGET_DIR=$cache/cargo-deny-build cargo install --quiet --locked \
            --root "$directory" "cargo-deny@$version" >&2
        rm -rf "$cache/cargo-deny-build"
    fi
    printf '%s\n' "$directory/bin/cargo-deny"
}

# A component of the toolchain; without rustup it must be there already.
component() { # NAME COMMAND
    command -v "$2" >/dev/null && "$2" --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null || die "\`$2\` is missing: install Rust's component $1."
    rustup component add "$1"
}
