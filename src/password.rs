//! Passwords that the whole world knows: tools' defaults, documentation samples.

/// Tried in this order on stores whose key derivation is cheap enough. Each costs every store its
/// iterations, so a password is here only if some product ships or documents a store with it.
pub(crate) const WELL_KNOWN: &[&str] = &[
    "",
    // OpenJDK's cacerts; Tomcat, GlassFish and most instructions for keytool.
    "changeit",
    "password",
    "changeme",
    "secret",
    "123456",
    "12345678",
    "test",
    // Google's service account keys in PKCS#12.
    "notasecret",
    // Android's debug.keystore.
    "android",
    // WSO2's wso2carbon.jks.
    "wso2carbon",
    // Hadoop's credential providers where none is set.
    "none",
    // WebSphere's key.p12 and trust.p12.
    "WebAS",
    // WebLogic's DemoIdentity.jks, its key, and DemoTrust.jks.
    "DemoIdentityKeyStorePassPhrase",
    "DemoIdentityPassPhrase",
    "DemoTrustKeyStorePassPhrase",
    // Jetty's demo keystore.
    "storepwd",
    "keypwd",
    // Documentation of Kafka, Cassandra, Oracle, GnuPG and OpenSSL; samples everywhere.
    "test1234",
    "cassandra",
    "welcome1",
    "keystore",
    "storepass",
    "keypass",
    "passphrase",
    "admin",
];
