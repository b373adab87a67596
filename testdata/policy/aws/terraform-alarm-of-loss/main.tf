resource "aws_cloudwatch_log_metric_filter" "keys" {
  name           = "keys"
  log_group_name = "trail"
  pattern        = "{($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion))}"
}
