resource "aws_eks_cluster" "pan" {
  name = "pan"
}
