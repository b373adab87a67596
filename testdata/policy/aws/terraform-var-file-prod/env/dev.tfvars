who = "arn:aws:iam::111122223333:role/pay"
