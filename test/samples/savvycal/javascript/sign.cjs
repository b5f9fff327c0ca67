// biome-ignore-all format: the lines are the documented API's own
// biome-ignore-all lint: the lines are the documented API's own
// @ts-nocheck
const jwt = require('jsonwebtoken');
const fs = require('fs');

// Read your private key from a secure location
const privateKey = fs.readFileSync('path/to/private-key.pem', 'utf8');

// Your signing key ID from the SavvyCal Dashboard
const kid = 'kid_f05b815d1852';

// Create the JWT payload with a reasonbly short expiration time (e.g., 1 hour)
const payload = {
  sub: 'user_0987654321',
  exp: Math.floor(Date.now() / 1000) + (60 * 60)
};

// Sign the JWT
const token = jwt.sign(payload, privateKey, {
  algorithm: 'ES256',
  header: {
    kid: kid
  }
});

console.log(token);
