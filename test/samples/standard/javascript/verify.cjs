// biome-ignore-all format: the lines are the documented API's own
// biome-ignore-all lint: the lines are the documented API's own
// @ts-nocheck
const jwt = require('jsonwebtoken');

const { token, JWT_SECRET } = process.env;

try {
  const decoded = jwt.verify(token, JWT_SECRET, {
    issuer: 'api.example.com'
  });
  console.log('Valid token:', decoded);
} catch (error) {
  console.error('Invalid token:', error.message);
}
