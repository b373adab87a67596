<?php
$key = ''
    . '-----BEGIN PRIVATE KEY-----'
    . 'MC4CAQAwBQYDK2VwBCIEIL/ZUNDPgVjA53d9kySvVvjwqVZbp3bnLQEtXwN4EK/2'
    . '-----END PRIVATE KEY-----';
