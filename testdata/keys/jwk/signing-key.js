// signing key of the test suite
const { importJWK } = require('jose');

export const signingKey = {
  kty: 'EC',
  crv: 'P-256',
  x: 'zCxUJmgtLSQLjqHjLw98y7wc0hmc85VyE93GkZJt_ak',
  y: 'd_FYJNdrW1Mc1DnrOJ1U8JYpNYAJgqIfFvlUJK9S8ZM',
  d: 'EVPlfQ6j_teX1hRC4oh1Dpb40wOuT24IiJGQGCJoe6o',
};
