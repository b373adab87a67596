#!/usr/bin/env bash
# The steps of action.yml: `run.sh install` gets the binary, `run.sh scan` runs it, and `run.sh diff`
# compares the two sides of a pull request. Inputs come in the environment and are never pieces of a
# command.
set -euo pipefail

fail() {
    printf '::error title=keylint::%s\n' "$*"
    exit 2
}

output() { # NAME VALUE
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# The target triple of the release for this runner.
triple() {
    case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
        Linux-X64) echo x86_64-unknown-linux-musl ;;
        Linux-ARM64) echo aarch64-unknown-linux-musl ;;
        macOS-X64) echo x86_64-apple-darwin ;;
        macOS-ARM64) echo aarch64-apple-darwin ;;
        Windows-X64) echo x86_64-pc-windows-msvc ;;
    esac
}

sha256() { # FILE
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

# Fetches URL into FILE. 1 if there is no such file there; anything else that goes wrong ends the job.
fetch() { # URL FILE
    local code
    code=$(curl --proto '=https' --tlsv1.2 --silent --show-error --location --retry 3 \
        --write-out '%{http_code}' --output "$2" "$1") || fail "could not fetch $1"
    case $code in
        200) ;;
        404) return 1 ;;
        *) fail "could not fetch $1: HTTP status $code" ;;
    esac
}

# Unpacks the release VERSION into DIRECTORY once its digest is right. 1 if there is no such release.
release() { # VERSION DIRECTORY
    local version=$1 directory=$2 target name base expected got
    target=$(triple)
    [[ -n $target && -n ${ACTION_REPOSITORY:-} ]] || return 1
    name=keylint-v$version-$target.tar.gz
    base=${SERVER_URL:-https://github.com}/$ACTION_REPOSITORY/releases/download/v$version
    fetch "$base/$name" "$directory/$name" || return 1
    expected=${INPUT_SHA256:-}
    if [[ -z $expected ]]; then
        fetch "$base/$name.sha256" "$directory/$name.sha256" || fail "$base/$name.sha256 is missing"
        expected=$(cut -d' ' -f1 "$directory/$name.sha256")
    fi
    got=$(sha256 "$directory/$name")
    if [[ ! $expected =~ ^[0-9a-f]{64}$ || $got != "$expected" ]]; then
        rm -f "$directory/$name"
        fail "$name has the SHA-256 $got, expected $expected: not used"
    fi
    tar -xzf "$directory/$name" -C "$directory" || fail "$name could not be unpacked"
    printf 'keylint %s, SHA-256 %s\n' "$version" "$got"
}

build() { # DIRECTORY
    local target=${CARGO_TARGET_DIR:-$1/target}
    command -v cargo >/dev/null || fail 'building from source needs cargo: set the input `version` to a release'
    cargo build --release --locked --manifest-path "$GITHUB_ACTION_PATH/Cargo.toml" --target-dir "$target"
    cp "$target/release/keylint$exe" "$1/"
}

install() {
    local directory=$RUNNER_TEMP/keylint-action version=${INPUT_VERSION:-} own
    rm -rf "$directory"
    mkdir -p "$directory"
    case $version in
        source) build "$directory" ;;
        '')
            own=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$GITHUB_ACTION_PATH/Cargo.toml" | head -n 1)
            if ! release "$own" "$directory"; then
                echo "keylint $own is not released for this runner: building it from source"
                build "$directory"
            fi
            ;;
        *)
            version=${version#v}
            [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] ||
                fail 'the input `version` must be a release such as 0.1.0, or `source`'
            release "$version" "$directory" || fail "there is no release $version for this runner"
            ;;
    esac
    "$directory/keylint$exe" --version
    output keylint "$directory/keylint$exe"
}

# Appends the lines of TEXT that are not empty to the array `arguments`.
add_lines() { # TEXT
    local line
    while IFS= read -r line; do
        line=${line%$'\r'}
        [[ -z ${line//[[:space:]]/} ]] || arguments+=("$line")
    done <<<"$1"
}

scan() {
    local directory=$RUNNER_TEMP/keylint-report status=0
    local sarif=$directory/keylint.sarif summary=$directory/summary.md
    rm -rf "$directory"
    mkdir -p "$directory"
    arguments=(scan --no-progress
        --format sarif-github --output "$sarif"
        --format markdown --output "$summary"
        --format github)
    [[ -z ${INPUT_FAIL_ON:-} ]] || arguments+=("--fail-on=$INPUT_FAIL_ON")
    [[ -z ${INPUT_CONFIG:-} ]] || arguments+=("--config=$INPUT_CONFIG")
    [[ -z ${INPUT_BASELINE:-} ]] || arguments+=("--baseline=$INPUT_BASELINE")
    [[ -z ${INPUT_CATEGORY:-} ]] || arguments+=("--category=$INPUT_CATEGORY")
    add_lines "${INPUT_ARGS:-}"
    # What follows `--` is a path, whatever it looks like.
    arguments+=(--)
    add_lines "${INPUT_PATHS:-.}"

    "$KEYLINT" "${arguments[@]}" || status=$?
    output exit-code "$status"
    if [[ -s $sarif ]]; then output sarif "$sarif"; fi
    if [[ -s $summary ]]; then
        # A summary over 1 MiB is refused as a whole.
        head -c 1000000 "$summary" >>"$GITHUB_STEP_SUMMARY"
        echo >>"$GITHUB_STEP_SUMMARY"
    fi
    case $status in
        0 | 1 | 3) ;;
        *) printf '::error title=keylint::The scan could not start (exit code %d): see the log.\n' "$status" ;;
    esac
    exit "$status"
}

# Says what a pull request changes in keys and their register, as a summary and as a file that can be
# posted as a comment. Fails the job only if INPUT_FAIL_ON says from which level on.
diff() {
    local directory=$RUNNER_TEMP/keylint-register status=0 dots=...
    local markdown=$directory/register-diff.md sarif=$directory/register-diff.sarif
    rm -rf "$directory"
    mkdir -p "$directory"
    if [[ ! ${BASE_SHA:-} =~ ^[0-9a-f]{40,64}$ ]] || ! git cat-file -e "$BASE_SHA^{commit}" 2>/dev/null; then
        echo '::notice title=keylint::Keys are not compared: the base of the pull request is not in this clone (fetch-depth: 0).'
        return
    fi
    # The head of a shallow clone is the merge, whose first parent is the base.
    git merge-base "$BASE_SHA" HEAD >/dev/null 2>&1 || dots=..
    arguments=(register diff "--rev=$BASE_SHA${dots}HEAD"
        --format markdown --output "$markdown"
        --format sarif --output "$sarif"
        --format text)
    [[ -z ${INPUT_CONFIG:-} ]] || arguments+=("--config=$INPUT_CONFIG")
    [[ -z ${INPUT_REGISTER:-} ]] || arguments+=("--register=$INPUT_REGISTER")
    [[ -z ${INPUT_FAIL_ON:-} ]] || arguments+=("--fail-on=$INPUT_FAIL_ON")
    "$KEYLINT" "${arguments[@]}" || status=$?
    if [[ -s $markdown ]]; then
        output markdown "$markdown"
        output sarif "$sarif"
        cat "$markdown" >>"$GITHUB_STEP_SUMMARY"
        echo >>"$GITHUB_STEP_SUMMARY"
    fi
    case $status in
        0) ;;
        1) [[ -z ${INPUT_FAIL_ON:-} ]] || exit 1 ;;
        *)
            printf '::error title=keylint::Keys could not be compared (exit code %d): see the log.\n' "$status"
            exit "$status"
            ;;
    esac
}

exe=
[[ ${RUNNER_OS:-} != Windows ]] || exe=.exe

case ${1:-} in
    install) install ;;
    scan) scan ;;
    diff) diff ;;
    *) fail 'run.sh install | run.sh scan | run.sh diff' ;;
esac
