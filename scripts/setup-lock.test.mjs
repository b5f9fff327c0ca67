import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeLock } from "./setup-lock.mjs";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "latchkey-lock-"));
  file = path.join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param {string} body */
function inChild(body) {
  const lock = JSON.stringify(new URL("./setup-lock.mjs", import.meta.url).href);
  const source = `import { takeLock } from ${lock}; const file = ${JSON.stringify(file)}; ${body}`;
  return spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

test("leaves nothing behind when it is given back", () => {
  takeLock(file)();
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ["a process that ended", "999999999 1"],
  ["an id that another process has now", `${process.ppid} 1`],
  ["a damaged file", "garbage"],
])("takes over the lock of %s", (_what, content) => {
  writeFileSync(file, content);
  const release = takeLock(file);
  expect(readFileSync(file, "utf8")).toMatch(new RegExp(`^${process.pid}\\b`));
  release();
  expect(readdirSync(folder)).toEqual([]);
});

test("takes over a lock whose maker died before writing it", () => {
  writeFileSync(file, "");
  utimesSync(file, 0, 0);
  takeLock(file)();
  expect(readdirSync(folder)).toEqual([]);
});

test("takes over from a holder that is killed", async () => {
  const holder = inChild('takeLock(file); console.log("held"); setInterval(() => {}, 1e6);');
  await once(holder.stdout, "data");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  takeLock(file)();
  expect(readdirSync(folder)).toEqual([]);
});

test("waits for a living holder, and says for whom", async () => {
  const release = takeLock(file);
  const waiter = inChild(`
    const release = takeLock(file, { onWait: (pid) => console.log("waits for", pid) });
    console.log("held");
    release();`);
  const [first] = await once(waiter.stdout.setEncoding("utf8"), "data");
  expect(first).toBe(`waits for ${process.pid}\n`);
  release();
  const [second] = await once(waiter.stdout, "data");
  expect(second).toBe("held\n");
  expect(await once(waiter, "exit")).toEqual([0, null]);
});

test("lets one in at a time when many come to a stale lock at once", async () => {
  writeFileSync(file, "999999999 1");
  const inside = path.join(folder, "inside");
  const crowd = Array.from({ length: 6 }, () =>
    inChild(`
      import { closeSync, openSync, rmSync } from "node:fs";
      const release = takeLock(file);
      closeSync(openSync(${JSON.stringify(inside)}, "wx")); // throws when another one is inside
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      rmSync(${JSON.stringify(inside)});
      release();`),
  );
  const codes = await Promise.all(crowd.map(async (child) => (await once(child, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
});
