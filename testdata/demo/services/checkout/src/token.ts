import { importJWK, SignJWT } from 'jose';

// TODO(mira): read this from the secret store
const sessionKey = {
  kty: 'EC',
  kid: 'session-2025-01',
  use: 'sig',
  alg: 'ES256',
  crv: 'P-256',
  x: 'mJ8jC5w-z5HfT9guzQ6ICUTdbX8xHGM94n2RQoRs6bQ',
  y: 'rKS_yoEkKZX1q3oGh7BGh0JQLacyb5V3Y2TYvfEzCWY',
  d: '6gsgOrfo_gNo0vElS_1ZJwS2NhqlnATmdM1rQsd-kSE',
};

export async function issue(subject: string): Promise<string> {
  const key = await importJWK(sessionKey, 'ES256');
  return new SignJWT({ sub: subject })
    .setProtectedHeader({ alg: 'ES256', kid: sessionKey.kid })
    .setExpirationTime('15m')
    .sign(key);
}
