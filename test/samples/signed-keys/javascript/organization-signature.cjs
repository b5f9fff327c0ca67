// biome-ignore-all format: the lines are the documented API's own
// biome-ignore-all lint: the lines are the documented API's own
// @ts-nocheck
const jwt = require('jsonwebtoken');

function generateSignature(appKey, appSecret) {
  const claims = {
    key: appKey,
    exp: Math.floor(Date.now() / 1000) + 60,
  };
  return jwt.sign(claims, appSecret, { algorithm: 'HS256' });
}

console.log(generateSignature(process.env.APP_KEY, process.env.APP_SECRET));
