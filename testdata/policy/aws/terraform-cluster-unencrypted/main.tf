resource "aws_eks_cluster" "pan" {
  name    = "pan"
  version = "1.27"
}
