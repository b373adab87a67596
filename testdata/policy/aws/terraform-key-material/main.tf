resource "aws_kms_external_key" "pan" {
  key_material_base64 = "FSgBDCp+dbYQqlF3Lz1Ct6v0WmSHqI0iUKc8cVn1e2g="
}
