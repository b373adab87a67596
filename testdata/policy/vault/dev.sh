vault server -dev -dev-root-token-id=root
