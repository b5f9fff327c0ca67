// biome-ignore-all format: the lines are the documented API's own
// biome-ignore-all lint: the lines are the documented API's own
// @ts-nocheck
const { access_token } = process.env;

const response = await fetch('https://api.example.com/v2/users', {
  headers: {
    'Authorization': `Bearer ${access_token}`
  }
});
console.log(response.status);
