#!/bin/bash
yubihsm-shell --authkey=1 --password="$OLD" -a put-authentication-key -i 3 -l app -d 1 -c sign-ecdsa --delegated none --new-password "$NEW"
yubihsm-shell --authkey 3 -p "$NEW" -a generate-asymmetric-key -i 7 -l ca -d 1 -A ecp384 -c sign-ecdsa
