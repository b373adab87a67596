COPY public.keys (id, key, created) FROM stdin;
1	\\x302e020100300506032b65700422042061f5bbde4262417db088faa46bfdecff4ff0359580aadfae2c82de0d0add47a7	2026-11-25 10:00:00
\.
