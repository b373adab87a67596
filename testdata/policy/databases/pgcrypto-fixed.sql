INSERT INTO cards (pan) VALUES (pgp_sym_encrypt($1, current_setting('app.key'), 'cipher-algo=aes256'));
SELECT pgp_sym_decrypt(pan, :key) FROM cards;
