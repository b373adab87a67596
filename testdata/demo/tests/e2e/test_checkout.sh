#!/bin/sh
# Pays one euro from end to end.
set -eu
token=$(curl -fsS http://localhost:8082/session -d shop=42)
curl -fsS http://localhost:8082/pay -H "Authorization: Bearer $token" -d amount=100 | grep -q '"status":"settled"'
