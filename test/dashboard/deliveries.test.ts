import { DatabaseSync } from "node:sqlite";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { startReceiver } from "../webhook-receiver.ts";
import { hasChromium } from "./browser.ts";
import { eachOnOwnersPage } from "./owners-page.ts";
import type { World } from "./world.ts";

describe.skipIf(!hasChromium)("what is done about deliveries, in Chromium:", () => {
  let world: World;
  let page: Page;
  eachOnOwnersPage((opened) => {
    ({ world, page } = opened);
  });

  const go = (path: string) => page.goto(`${world.origin}/dashboard${path}`);
  const press = (name: string, within: Page | Locator = page) =>
    within.getByRole("button", { name, exact: true }).click();

  test("a delivery that leaves the list when it is sent once more is still looked at", async () => {
    let answer = Promise.resolve();
    await using receiver = await startReceiver((_received, response) => {
      void answer.then(() => response.end());
    });
    const hook = { url: receiver.url, events: ["*"], accountId: TEST_ACCOUNT };
    const { id } = await world.server.create("standard", "webhook-endpoints", hook);
    await world.server.operator("POST", `/v1/apis/standard/webhook-endpoints/${id}/test`);
    await go(`/apis/standard/webhooks/${id}`);
    await page.getByRole("radiogroup", { name: "Status" }).getByText("delivered").click();
    await press("webhook.test");
    const dialog = page.getByRole("dialog", { name: "A delivery" });
    const { promise, resolve } = Promise.withResolvers<void>();
    answer = promise;
    await press("Send it once more", dialog);
    await page.getByText("There are no such deliveries.").waitFor();
    await dialog.getByText("pending", { exact: true }).waitFor();
    resolve();
    await dialog.getByRole("heading", { name: "Attempt 2: 200" }).waitFor();
  });

  test("all that were given up are sent once more, however many they are", async () => {
    await using receiver = await startReceiver();
    const hook = { url: receiver.url, events: ["order.paid"], accountId: TEST_ACCOUNT };
    const { id } = await world.server.create("standard", "webhook-endpoints", hook);
    const event = { type: "order.paid", accountId: TEST_ACCOUNT, data: { n: 1 } };
    await world.server.operator("POST", "/v1/apis/standard/events/publish", event);
    await receiver.next();
    const listed = `/v1/apis/standard/webhook-endpoints/${id}/deliveries?limit=1&status=`;
    const hasAny = async (status: string) =>
      (await world.server.operator("GET", listed + status)).json.data.length > 0;
    await waitUntil("its delivery is settled", () => hasAny("delivered"));
    using database = new DatabaseSync(world.server.database);
    database.exec("pragma busy_timeout = 5000; begin immediate");
    database.prepare("update webhook_delivery set status = 'dead' where endpoint_id = ?").run(id);
    const columns = database
      .prepare("select name from pragma_table_info('webhook_delivery') where name <> 'id'")
      .all()
      .map(({ name }) => name)
      .join(", ");
    database
      .prepare(
        `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 600)
         insert into webhook_delivery (id, ${columns})
         select id || n, ${columns} from webhook_delivery, numbers where endpoint_id = ?`,
      )
      .run(id);
    database.exec("commit");
    await go(`/apis/standard/webhooks/${id}`);
    await press("Retry all that were given up");
    await press("Retry them", page.getByRole("dialog"));
    await page.getByText("601 deliveries are sent once more.").waitFor();
    expect(await hasAny("dead")).toBe(false);
    await waitUntil("all have come", async () => receiver.received.length === 602);
  });
});
