CREATE EXTENSION pg_tde;
SELECT pg_tde_add_database_key_provider_file('file-vault', '/var/lib/postgresql/tde.per');
SELECT pg_tde_set_key_using_database_key_provider('cards-key', 'file-vault');
