#!/bin/sh
java -Djavax.net.ssl.keyStore=/etc/k.p12 -Dkeystore.pkcs12.legacy -Djdk.tls.client.protocols=TLSv1 -jar app.jar
java -Dkeystore.pkcs12.keyPbeIterationCount=100 -jar store.jar
