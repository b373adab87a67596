def kind(line):
    """The kind of key that starts on `line`."""
    if line.startswith("-----BEGIN RSA PRIVATE KEY-----"):
        return "pkcs1"
    if line.startswith("-----BEGIN PRIVATE KEY-----"):
        return "pkcs8"
    if line.startswith("-----BEGIN OPENSSH PRIVATE KEY-----"):
        return "openssh"
    if line in ("-----END RSA PRIVATE KEY-----", "-----END PRIVATE KEY-----"):
        return None
    raise ValueError(line)
