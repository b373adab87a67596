vault audit enable file file_path=/var/log/vault_audit.log log_raw=true
