#!/bin/sh
export JAVA_TOOL_OPTIONS="-Xmx2g -Djavax.net.ssl.keyStore=/etc/gw/gw.p12 -Djavax.net.ssl.keyStorePassword=$(cat /run/secrets/store)"
