static const char *const BEGIN = "-----BEGIN RSA PRIVATE KEY-----\n";
static const char *const END = "-----END RSA PRIVATE KEY-----\n";

int is_key(const char *line) {
    return strncmp(line, BEGIN, sizeof "-----BEGIN RSA PRIVATE KEY-----" - 1) == 0;
}
