SELECT pg_tde_add_database_key_provider('vault-v2', 'vault-provider', '{"url":"https://vault:8200"}');
