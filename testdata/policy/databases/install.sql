INSTALL PLUGIN keyring_file SONAME 'keyring_file.so';
INSTALL COMPONENT 'file://component_keyring_encrypted_file';
