resource "null_resource" "unseal" {
  provisioner "remote-exec" {
    inline = [
      "systemctl start vault",
      "vault operator init -key-shares=1 -key-threshold=1",
    ]
  }
}
