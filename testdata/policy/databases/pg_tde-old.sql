SELECT pg_tde_add_database_key_provider('file', 'file-provider', '{"type":"file","path":"/var/lib/pg/keys.per"}');
