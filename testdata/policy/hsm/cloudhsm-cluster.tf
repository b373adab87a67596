resource "aws_cloudhsm_v2_cluster" "cards" {
  hsm_type   = "hsm2m.medium"
  mode       = "NON_FIPS"
  subnet_ids = ["subnet-0a1b2c3d"]
}
