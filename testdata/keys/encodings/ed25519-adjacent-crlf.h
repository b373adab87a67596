#define KEY \
"-----BEGIN PRIVATE KEY-----\r\n" \
"MC4CAQAwBQYDK2VwBCIEIL/ZUNDPgVjA53d9kySvVvjwqVZbp3bnLQEtXwN4EK/2\r\n" \
"-----END PRIVATE KEY-----\r\n"
