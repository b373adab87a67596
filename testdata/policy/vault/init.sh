#!/bin/sh
vault operator init -key-shares=5 -key-threshold=3 > /root/init.txt
