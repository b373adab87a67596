users = ["arn:aws:iam::111122223333:role/operator", "arn:aws:iam::111122223333:role/app"]
