other = "*"
