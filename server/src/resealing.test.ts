import { expect, test } from "vitest";
import { resealAll } from "./resealing.ts";
import { secretPlace } from "./store/material.ts";
import { openStore } from "./store/open-store.ts";
import { createSealing } from "./store/sealing.ts";
import type { Store } from "./store/store.ts";
import { API, aContext, aJwtSecret, anAccount } from "./testing/builders.ts";
import { keptLog } from "./testing/log.ts";
import { frozenClock, NOW } from "./testing/now.ts";
import { temporarySqlite } from "./testing/temporary-sqlite.ts";

const [OLD, NEW] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const IDS = ["jws_1", "jws_2", "jws_3"];

test("whoever ends the service waits for one secret at most, and the next start goes on", async () => {
  const clock = frozenClock();
  const database = temporarySqlite();
  const store = await openStore({ url: database.url, clock, log: keptLog() });
  try {
    await store.write("createAccount", anAccount(), aContext());
    const underOld = createSealing([OLD as Uint8Array]);
    for (const id of IDS) {
      const sealed = underOld.seal(Buffer.from(id), secretPlace(API, id, "sec_1"));
      const secret = { id: "sec_1", createdAt: NOW, endsAt: null };
      const secrets = [{ ...secret, sealed: Buffer.from(sealed).toString("base64") }];
      const material = { kind: "shared-secrets", secrets } as const;
      await store.write("issueCredential", aJwtSecret({ id, handle: id, material }), aContext());
    }
    const sealing = createSealing([NEW as Uint8Array, OLD as Uint8Array]);
    const ending = new AbortController();
    const write: Store["write"] = async (...words) => {
      const outcome = await store.write(...words);
      ending.abort();
      return outcome;
    };
    const first = keptLog();
    const endingStore = { ...store, write };
    await resealAll({ store: endingStore, sealing, clock, until: ending.signal, log: first });
    expect(first.lines.map(({ level, message }) => [level, message])).toEqual([
      ["info", "sealing secrets anew was cut short; the next start goes on"],
    ]);
    const next = keptLog();
    const until = new AbortController().signal;
    await resealAll({ store, sealing, clock, until, log: next });
    expect(next.lines.map(({ fields }) => fields)).toEqual([{ resealed: IDS.length - 1 }]);
  } finally {
    await store.close();
    database.remove();
  }
});
