import { expect, test } from "vitest";
import { startWork } from "./work.ts";

test("ends after the last piece of work, whether it succeeded or not", async () => {
  const work = startWork();
  const [good, bad] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const added = [work.add(() => good.promise), work.add(() => bad.promise)];
  const order: string[] = [];
  const end = work.end().then(() => order.push("end"));
  bad.reject(new Error("away"));
  await expect(added[1]).rejects.toThrow("away");
  expect(order).toEqual([]);
  good.resolve("done");
  expect(await added[0]).toBe("done");
  await end;
  expect(order).toEqual(["end"]);
});

test("takes nothing once the end was asked for", async () => {
  const work = startWork();
  await work.end();
  let begun = false;
  const late = work.add(async () => {
    begun = true;
  });
  await expect(late).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(begun).toBe(false);
});
