import type { Answer } from "../answer.ts";
import { waitUntil } from "../running-server.ts";
import { startReceiver } from "../webhook-receiver.ts";

/** Where calls are made whose secrets are looked for afterwards. */
interface WebhookScene {
  operator(
    method: string,
    path: string,
    body?: unknown,
    more?: { issued?: (json: Answer["json"]) => readonly string[] },
  ): Promise<Answer>;
}

const API = "/v1/apis/standard";
const secretOf = ({ secret }: Answer["json"]) => [secret];

/** An endpoint whose receiver says its own secret again. */
export async function manageWebhooks(scene: WebhookScene, accountId: string): Promise<void> {
  const operator = scene.operator.bind(scene);
  const path = `${API}/webhook-endpoints`;
  let said = "";
  await using receiver = await startReceiver((_received, response) => {
    response.setHeader("x-said", said);
    response.end(`My secret is ${said}.`);
  });
  const draft = { accountId, url: receiver.url, events: ["*"], asymmetric: true };
  const { json } = await operator("POST", path, draft, { issued: secretOf });
  said = json.secret;
  const endpoint = `${path}/${json.id}`;
  await operator("POST", `${endpoint}/rotate`, {}, { issued: secretOf });
  const event = { type: "thing.made", accountId, data: {} };
  const { id } = (await operator("POST", `${API}/events/publish`, event)).json;
  await operator("POST", `${endpoint}/test`);
  await receiver.next();
  await receiver.next();
  await waitUntil("it is written", async () => {
    const listed = await operator("GET", `${endpoint}/deliveries?status=delivered&eventId=${id}`);
    return listed.json.data.length === 1;
  });
  const [delivery] = (await operator("GET", `${API}/deliveries`)).json.data;
  await operator("GET", `${API}/deliveries/${delivery.id}`);
  await operator("POST", `${API}/deliveries/${delivery.id}/retry`);
  await operator("POST", `${endpoint}/retry`, { status: "delivered" });
  await operator("GET", path);
  await operator("GET", endpoint);
  await operator("PATCH", endpoint, { parallel: 2 });
  await operator("POST", `${endpoint}/revoke`);
}
