resource "aws_sqs_queue" "q" {
  kms_master_key_id = "alias/aws/sqs"
}
