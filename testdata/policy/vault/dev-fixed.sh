vault server -config=/etc/vault.d
