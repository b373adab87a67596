#!/usr/bin/env bash
# Makes the repository of the worked example in DIRECTORY: a commit for each directory of steps, whose
# files it lays over those before. Names and dates are fixed, so that the commits are always the same.
#
# The keys were made by ssh-keygen -t ed25519 -a 16 (with a passphrase) and openssl req -x509.
set -euo pipefail
steps=$(cd "$(dirname "${BASH_SOURCE[0]}")/steps" && pwd)
directory=${1:?make.sh DIRECTORY}
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME='Ana Ruiz' GIT_AUTHOR_EMAIL=ana@harbour.example
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
mkdir -p "$directory"
cd "$directory"
git init --quiet --initial-branch main
day=1
for step in "$steps"/*/; do
    # Made anew: a file that is only copied may look unchanged to git.
    cp -R "$step/files/." .
    git -c core.autocrlf=false add --all
    GIT_AUTHOR_DATE="2026-03-0${day}T09:00:00Z" GIT_COMMITTER_DATE="2026-03-0${day}T09:00:00Z" \
        git -c commit.gpgsign=false commit --quiet --file "$step/message"
    git tag "step-$((day - 1))"
    day=$((day + 1))
done
