// biome-ignore-all format: the lines are the documented API's own
// biome-ignore-all lint: the lines are the documented API's own
// @ts-nocheck
const jwt = require('jsonwebtoken');

function generateSignature(apiKey, jwtKey) {
  const claims = {
    key: apiKey,
    // Set expiration to 15 seconds from now to prevent replay attacks
    exp: Math.floor(Date.now() / 1000) + 15,
  };
  try {
    const tokenString = jwt.sign(claims, jwtKey, { algorithm: 'HS256' });
    return tokenString;
  } catch (err) {
    throw err;
  }
}

console.log(generateSignature(process.env.API_KEY, process.env.JWT_KEY));
