#!/bin/sh
# Makes the key stores here with OpenJDK's keytool and Bouncy Castle (Debian: libbcprov-java).
# clear.bks was made by putting a key into BcKeyStoreSpi as an object, as its API for Key entries
# without a password does; make.sh leaves it as it is.
set -eu
cd "$(dirname "$0")"
find . -name '*.jks' -o -name '*.jceks' -o -name '*.uber' -o -name '*.bks' ! -name clear.bks | xargs rm -f
bc="-providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath /usr/share/java/bcprov.jar"
strong=Vn7-plover-quartz-41
pair() { # FILE TYPE STOREPASS KEYPASS [OPTIONS]
  file=$1 type=$2 store=$3 key=$4
  shift 4
  keytool -genkeypair -keyalg EC -groupname secp256r1 -sigalg SHA256withECDSA -dname CN=a.example \
    -validity 3650 -alias web -keystore "$file" -storetype "$type" -storepass "$store" -keypass "$key" "$@"
}
pair changeit.jks jks changeit changeit
pair strong.jks jks $strong $strong
pair keypass.jks jks $strong password
pair changeit.jceks jceks changeit changeit
keytool -genseckey -alias data -keyalg AES -keysize 256 -storetype jceks -storepass changeit -keypass changeit -keystore secret.jceks
keytool -genseckey -alias old -keyalg DESede -storetype jceks -storepass changeit -keypass changeit -keystore secret.jceks
pair changeit.bks bks changeit changeit $bc
pair strong.bks bks $strong $strong $bc
pair v1.bks BKS-V1 changeit changeit -J-Dorg.bouncycastle.bks.enable_v1=true $bc
pair changeit.uber uber changeit changeit $bc
pair strong.uber uber $strong $strong $bc
keytool -genseckey -alias data -keyalg AES -keysize 256 -storetype bks -storepass changeit -keypass changeit -keystore secret.bks $bc
keytool -exportcert -alias web -keystore strong.jks -storepass $strong -file ca.crt
keytool -importcert -noprompt -alias ca -file ca.crt -storetype jks -storepass changeit -keystore truststore.jks
keytool -importcert -noprompt -alias ca -file ca.crt -storetype bks -storepass changeit -keystore truststore.bks $bc
rm ca.crt
rm -f http.keytab
printf '%s\n' 'addent -password -p HTTP/web.example.test@EXAMPLE.TEST -k 3 -e aes256-cts-hmac-sha1-96' $strong \
  'addent -password -p HTTP/web.example.test@EXAMPLE.TEST -k 3 -e arcfour-hmac' $strong 'wkt http.keytab' q | ktutil
chmod 644 http.keytab
