// Makes keys.json, a JWK Set of one key of each kind, and keys.tsv, the SHA-256 of the
// SubjectPublicKeyInfo of each, by Node's crypto module: node make.mjs
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
const kinds = [
  ["rsa", { modulusLength: 1024 }],
  ["ec", { namedCurve: "P-256" }], ["ec", { namedCurve: "P-384" }],
  ["ec", { namedCurve: "P-521" }], ["ec", { namedCurve: "secp256k1" }],
  ["ed25519", {}], ["ed448", {}], ["x25519", {}], ["x448", {}],
];
const keys = [], ids = [];
kinds.forEach(([kind, options], index) => {
  const pair = generateKeyPairSync(kind, options);
  const spki = pair.publicKey.export({ type: "spki", format: "der" });
  keys.push({ ...pair.privateKey.export({ format: "jwk" }), kid: `key-${index}` });
  ids.push(`key-${index}\tspki-sha256:${createHash("sha256").update(spki).digest("hex")}\n`);
});
keys.push({ kty: "oct", k: randomBytes(32).toString("base64url"), alg: "HS256", kid: "key-9" });
keys.push({ k: randomBytes(16).toString("base64url"), kty: "oct", alg: "A128KW", kid: "key-10" });
keys.push({ kty: "oct", k: randomBytes(20).toString("base64url"), kid: "key-11" });
writeFileSync("keys.json", JSON.stringify({ keys }, null, 2) + "\n");
writeFileSync("keys.tsv", ids.join(""));
