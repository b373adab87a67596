resource "yandex_kms_symmetric_key_iam_binding" "a" {
  symmetric_key_id = yandex_kms_symmetric_key.pan.id
  role             = "kms.keys.decrypter"
  members          = ["system:allUsers"]
}
