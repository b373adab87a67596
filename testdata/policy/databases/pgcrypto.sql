INSERT INTO cards (pan) VALUES (pgp_sym_encrypt('4111111111111111', 'bluewhale42', 'cipher-algo=aes256'));
