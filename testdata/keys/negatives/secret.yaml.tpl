apiVersion: v1
kind: Secret
stringData:
  key.pem: |
    -----BEGIN PRIVATE KEY-----
    {{ .Values.key }}
    -----END PRIVATE KEY-----
