INSTALL PLUGIN keyring_udf SONAME 'keyring_udf.so';
INSTALL COMPONENT 'file://component_keyring_kmip';
