resource "aws_acmpca_certificate_authority" "root" {
  key_storage_security_standard = "FIPS_140_2_LEVEL_2_OR_HIGHER"
  certificate_authority_configuration {
    key_algorithm     = "RSA_4096"
    signing_algorithm = "SHA512WITHRSA"
  }
}
