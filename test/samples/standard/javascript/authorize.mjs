// biome-ignore-all format: the lines are the documented API's own
// biome-ignore-all lint: the lines are the documented API's own
// @ts-nocheck
const { CLIENT_ID, REDIRECT_URI } = process.env;
const window = { location: {} };
const generateRandomState = () => crypto.randomUUID();

const authUrl = new URL('https://auth.example.com/oauth/authorize');
authUrl.searchParams.append('client_id', CLIENT_ID);
authUrl.searchParams.append('redirect_uri', REDIRECT_URI);
authUrl.searchParams.append('response_type', 'code');
authUrl.searchParams.append('scope', 'read:users write:projects');
authUrl.searchParams.append('state', generateRandomState());

window.location.href = authUrl.toString();
console.log(window.location.href);
