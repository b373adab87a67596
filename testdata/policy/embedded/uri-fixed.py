URI = "pkcs11:token=cards?pin-value=%s" % pin
