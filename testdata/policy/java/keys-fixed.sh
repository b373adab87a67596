#!/bin/sh
keytool -genkeypair -alias tls -keyalg RSA -keysize 3072 -storetype PKCS12 \
        -keystore tls.p12 -storepass:env KEYSTORE_PASSWORD -dname CN=pay.example.com
java -Djavax.net.ssl.keyStore=tls.p12 -Djavax.net.ssl.keyStorePassword="$KEYSTORE_PASSWORD" -jar app.jar
