URI = "pkcs11:token=cards?pin-value=40817263"
