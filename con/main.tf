output "o0" {
  value = 1 + 2 * 3
}

output "o1" {
  value = -(4 - 6) / 2
}

output "o2" {
  value = 7 % 4 == 3 && !false
}

output "o4" {
  value = true ? "a" : 1
}

output "o7" {
  value = [for k, v in {a = 1, b = 2} : "${k}${v}" if v > 1]
}

output "o8" {
  value = {for v in ["a", "b"] : v => upper(v)}
}

output "o9" {
  value = {for v in ["a", "b", "a"] : v => 1...}
}

output "o10" {
  value = [{a = 1}, {a = 2}][*].a
}

output "o11" {
  value = [{a = [1]}, {a = [2]}].*.a[0]
}

output "o12" {
  value = {a = {b = [1, 2]}}.a.b[1]
}

output "o13" {
  value = "%{ for x in [1, 2] ~}\n<${x}>\n%{ endfor ~}\nend"
}

output "o14" {
  value = "%{ if 1 == 2 }a%{ else }b%{ endif }"
}

output "o15" {
  value = "%{ for x in [1, 2] }\t${x}%{ endfor }"
}

output "o16" {
  value = "$${aws:username} %%{x}"
}

output "o17" {
  value = try({a = 1}.b, "other")
}

output "o18" {
  value = can({a = 1}.a)
}

output "o19" {
  value = can([][0])
}

output "o20" {
  value = coalesce(null, "", "x")
}

output "o21" {
  value = merge({a = 1, b = 2}, {b = 3})
}

output "o22" {
  value = concat([1], [2, 3])
}

output "o23" {
  value = flatten([[1, [2]], []])
}

output "o24" {
  value = lookup({a = 1}, "b", 2)
}

output "o25" {
  value = format("%s-%d%%", "a", 5)
}

output "o26" {
  value = join(",", ["a", "b"])
}

output "o27" {
  value = split(":", "a:b")
}

output "o28" {
  value = replace("a-b", "-", "_")
}

output "o29" {
  value = replace("a1b", "/([0-9])/", "<$1>")
}

output "o30" {
  value = lower("AB")
}

output "o31" {
  value = title("hello world")
}

output "o32" {
  value = toset(["b", "a", "b"])
}

output "o33" {
  value = keys({b = 1, a = 2})
}

output "o34" {
  value = values({b = 1, a = 2})
}

output "o35" {
  value = length([1, 2])
}

output "o36" {
  value = contains(["a"], "a")
}

output "o38" {
  value = element([1, 2], 3)
}

output "o39" {
  value = distinct([1, 1, 2])
}

output "o40" {
  value = compact(["a", ""])
}

output "o41" {
  value = setproduct([1, 2], ["a"])
}

output "o42" {
  value = zipmap(["a"], [1])
}

output "o43" {
  value = regex("^([a-z]+)([0-9]+)$", "ab12")
}

output "o44" {
  value = regex("[0-9]+", "ab12")
}

output "o45" {
  value = can(regex("^x", "ab"))
}

output "o46" {
  value = base64encode("hello")
}

output "o47" {
  value = base64decode("aGVsbG8=")
}

output "o48" {
  value = trimspace(" a ")
}

output "o49" {
  value = trimprefix("alias/a", "alias/")
}

output "o50" {
  value = substr("hello", 1, 3)
}

output "o51" {
  value = range(3)
}

output "o52" {
  value = one([5])
}

output "o53" {
  value = max([1, 5, 2]...)
}

output "o54" {
  value = tonumber("5") + 1
}

output "o55" {
  value = jsondecode("{\"a\": [1]}").a[0]
}

output "o56" {
  value = yamldecode("a: [1, 2]").a[1]
}

output "o57" {
  value = jsonencode({a = [1]})
}

output "o58" {
  value = "x${jsonencode({a = [1]})}"
}

output "o59" {
  value = alltrue([true, 1 == 1])
}

output "o63" {
  value = slice([1, 2, 3], 1, 3)
}

output "o64" {
  value = sum([1, 2])
}
