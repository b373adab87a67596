#!/bin/bash
yubihsm-shell --authkey=1 --password=password -a put-authentication-key -i 3 -l app -d all -c all --delegated all --new-password "$NEW"
yubihsm-shell --authkey 3 -p s3kr1t-9921 -a generate-asymmetric-key -i 7 -l ca -d 1 -A ecp384 -c sign-ecdsa,exportable-under-wrap
