#!/bin/sh
keytool -genkeypair -alias tls -keyalg RSA -keysize 3072 -storetype JKS \
        -keystore tls.jks -storepass changeit -dname CN=pay.example.com
java -Djavax.net.ssl.keyStore=tls.jks -Djavax.net.ssl.keyStorePassword=bluewhale42 -jar app.jar
