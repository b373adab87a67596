KEY = (
    b"-----BEGIN PRIVATE KEY-----\n"
    b"MC4CAQAwBQYDK2VwBCIEIL/ZUNDPgVjA53d9kySvVvjwqVZbp3bnLQEtXwN4EK/2\n"
    b"-----END PRIVATE KEY-----\n"
)
