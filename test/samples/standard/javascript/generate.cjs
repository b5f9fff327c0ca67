// biome-ignore-all format: the lines are the documented API's own
// biome-ignore-all lint: the lines are the documented API's own
// @ts-nocheck
const jwt = require('jsonwebtoken');

const { userId, userName, JWT_SECRET } = process.env;

const token = jwt.sign(
  {
    sub: userId,
    name: userName,
    scopes: ['read:all', 'write:own']
  },
  JWT_SECRET,
  {
    expiresIn: '1h',
    issuer: 'api.example.com'
  }
);

console.log(token);
