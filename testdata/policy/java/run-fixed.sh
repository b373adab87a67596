#!/bin/sh
java -Djavax.net.ssl.keyStore=/etc/k.p12 -Djdk.tls.client.protocols=TLSv1.3 -jar app.jar
