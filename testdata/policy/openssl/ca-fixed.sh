openssl req -x509 -newkey rsa:4096 -keyout ca.key -out ca.pem -passout file:/run/secrets/ca
