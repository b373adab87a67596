#!/usr/bin/env bash
# Runs targets one after the other, on one core each, and stops at the first that finds something.
#
#   fuzz/run.sh SECONDS             all targets
#   fuzz/run.sh SECONDS pem der     some of them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:?how many seconds for each target}
shift
if [[ $# == 0 ]]; then mapfile -t targets < <(cargo +nightly fuzz list); else targets=("$@"); fi
fuzz/seed.sh "${targets[@]}"
for target in "${targets[@]}"; do
    printf '== %s\n' "$target"
    cargo +nightly fuzz run --sanitizer "${SANITIZER:-none}" --debug-assertions "$target" -- \
        -dict=fuzz/keylint.dict -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1
done
