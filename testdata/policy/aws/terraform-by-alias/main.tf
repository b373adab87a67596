resource "aws_ebs_volume" "a" {
  kms_key_id = "alias/volumes"
}
