"""ids.tsv by python3-cryptography, and gpg-agent's keys in both of its forms."""
import glob, hashlib, os, re, sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519

scratch, agent = sys.argv[1:]
ids = {}

def identity(key):
    der = key.public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
    return 'spki-sha256:' + hashlib.sha256(der).hexdigest()

for path in sorted(glob.glob('*.pub')):
    if 'cert' not in path:
        ids['ssh.' + path.split('.')[0]] = identity(s.load_ssh_public_key(open(path, 'rb').read()))

CURVES = {'nistp256': ec.SECP256R1, 'nistp384': ec.SECP384R1, 'secp256k1': ec.SECP256K1,
          'brainpoolP256r1': ec.BrainpoolP256R1, 'brainpoolP512r1': ec.BrainpoolP512R1}

def of(record):
    algorithm, curve, data = record['algorithm'], record['curve'], record['data']
    number = lambda i: int(data[i], 16)
    if algorithm == '1':
        return identity(rsa.RSAPublicNumbers(number(1), number(0)).public_key())
    if algorithm == '17':
        parameters = dsa.DSAParameterNumbers(number(0), number(1), number(2))
        return identity(dsa.DSAPublicNumbers(number(3), parameters).public_key())
    if algorithm == '16':
        return None
    point = bytes.fromhex(data[1])
    if curve == 'ed25519':
        return identity(ed25519.Ed25519PublicKey.from_public_bytes(point[1:]))
    if curve == 'cv25519':
        return identity(x25519.X25519PublicKey.from_public_bytes(point[1:]))
    return identity(ec.EllipticCurvePublicKey.from_encoded_point(CURVES[curve](), point))

records, record = [], None
for line in open(scratch + '/colons'):
    field = line.rstrip('\n').split(':')
    if field[0] in ('pub', 'sub'):
        record = {'kind': field[0], 'algorithm': field[3], 'curve': field[16], 'data': {}}
        records.append(record)
    elif field[0] == 'uid':
        record['name'] = field[9].split()[0]
    elif field[0] == 'grp':
        record['grip'] = field[9]
    elif field[0] == 'pkd':
        record['data'][int(field[1])] = field[3]
grips = {}
for index, record in enumerate(records):
    if record['kind'] == 'sub':
        record['name'] = records[index - 1]['name']
    name = f"pgp.{record['name']}.{record['kind']}"
    grips[record['grip']] = name
    if of(record):
        ids[name] = of(record)

# The text form as the agent wrote it, and the canonical form by the same lists.
def canonical(text):
    text = re.sub(r'\n ', '', text)
    out = b''
    for token in re.findall(r'[()]|#[0-9A-Fa-f\s]*#|"[^"]*"|[^\s()#"]+', text):
        if token in '()':
            out += token.encode()
            continue
        value = bytes.fromhex(token[1:-1]) if token[0] == '#' else token.strip('"').encode()
        out += str(len(value)).encode() + b':' + value
    return out

for grip, name in grips.items():
    text = open(f'{agent}/{grip}.key').read()
    kept = name.replace('pgp.', 'agent.')
    if kept.split('.')[1] in ('rsa', 'dsa', 'curve', 'nistp', 'sealed'):
        open(kept + '.text.key', 'w').write(text)
        open(kept + '.key', 'wb').write(canonical(text[text.index('Key: ') + 5:].rstrip('\n')))

with open('ids.tsv', 'w') as out:
    for name, id in ids.items():
        out.write(f'{name}\t{id}\n')
