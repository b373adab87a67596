class ConcatBare {
    static final String KEY = "-----BEGIN PRIVATE KEY-----\n" +
        "MC4CAQAwBQYDK2VwBCIEIL/ZUNDPgVjA53d9kySvVvjwqVZbp3bnLQEtXwN4EK/2" +
        "\n-----END PRIVATE KEY-----";
}
