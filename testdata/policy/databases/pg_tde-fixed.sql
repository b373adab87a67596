CREATE EXTENSION pg_tde;
SELECT pg_tde_add_database_key_provider_vault_v2('vault', 'https://vault.example.com:8200', 'secret/data', '/run/token', '/etc/ca.pem');
SELECT pg_tde_set_key_using_database_key_provider('cards-key', 'vault');
