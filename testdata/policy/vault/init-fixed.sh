#!/bin/sh
vault operator init -key-shares=3 -key-threshold=2 -pgp-keys="alice.asc,bob.asc,carol.asc"
vault operator init -status
