// biome-ignore-all format: the lines are the documented API's own
// biome-ignore-all lint: the lines are the documented API's own
// @ts-nocheck
const { APIClient: AnyAPIClient } = await import(process.env.API_CLIENT);
class APIClient extends AnyAPIClient {
  constructor(options) {
    super({ baseUrl: process.env.API_URL, ...options });
  }
}

const client = new APIClient({
  apiKey: 'YOUR_API_KEY'
});

const result = await client.auth.test();
console.log('Authentication valid:', result.valid);
