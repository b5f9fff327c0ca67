import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { passingSecrets, secretsKeptIn } from "./dev-secrets.ts";
import { ValueFault } from "./setting-values.ts";

let home = "";
let folder = "";
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "latchkey-secrets-"));
  folder = path.join(home, ".latchkey");
});
afterEach(() => rmSync(home, { recursive: true }));

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

test("makes a master key of 32 bytes once and keeps it", () => {
  const [key] = secretsKeptIn(folder).masterKeys();
  expect(key).toHaveLength(32);
  expect(secretsKeptIn(folder).masterKeys()).toEqual([key]);
});

test("makes an operator token once, and shows it only to the process that made it", () => {
  const first = secretsKeptIn(folder);
  expect(first.newOperatorToken()).toBeUndefined();
  const token = first.operatorToken();
  expect(token).toMatch(/^lkop_[\w-]{43}$/);
  expect(first.newOperatorToken()).toBe(token);

  const later = secretsKeptIn(folder);
  expect(later.operatorToken()).toBe(token);
  expect(later.newOperatorToken()).toBeUndefined();
  expect(readFileSync(later.operatorTokenFile, "utf8")).toBe(`${token}\n`);
});

test("keeps both where only their owner can read them, and nothing else", () => {
  const secrets = secretsKeptIn(folder);
  secrets.masterKeys();
  secrets.operatorToken();
  expect(readdirSync(folder).sort()).toEqual(["operator-token", "secret"]);
  expect(modeOf(folder)).toBe("700");
  expect(modeOf(path.join(folder, "secret"))).toBe("600");
  expect(modeOf(path.join(folder, "operator-token"))).toBe("600");
});

test("closes a file that others can read", () => {
  secretsKeptIn(folder).masterKeys();
  chmodSync(path.join(folder, "secret"), 0o644);
  secretsKeptIn(folder).masterKeys();
  expect(modeOf(path.join(folder, "secret"))).toBe("600");
});

test("refuses a damaged file, by name and without its content, and leaves it alone", () => {
  secretsKeptIn(folder).masterKeys();
  const file = path.join(folder, "secret");
  writeFileSync(file, "hunter2");
  const fault = `is kept in ${file}, whose content is not 32 bytes in base64url (43 characters)`;
  expect(() => secretsKeptIn(folder).masterKeys()).toThrow(new ValueFault(fault));
  expect(readFileSync(file, "utf8")).toBe("hunter2");
});

test("says which file cannot be kept", () => {
  writeFileSync(path.join(home, "file"), "");
  const { masterKeys } = secretsKeptIn(path.join(home, "file"));
  expect(masterKeys).toThrow(`cannot be read from ${path.join(home, "file", "secret")}: ENOTDIR`);
});

test.skipIf(process.platform !== "linux")("says so where its folder cannot be made", () => {
  const { masterKeys } = secretsKeptIn("/sys/latchkey");
  expect(masterKeys).toThrow(ValueFault);
  expect(masterKeys).toThrow(/^cannot be kept in \/sys\/latchkey\/secret: E[A-Z]+: .*mkdir/);
});

test("gives all processes that start at once the same key", async () => {
  const source = `
    import { secretsKeptIn } from ${JSON.stringify(new URL("./dev-secrets.ts", import.meta.url).href)};
    const [key] = secretsKeptIn(${JSON.stringify(folder)}).masterKeys();
    console.log(Buffer.from(key).toString("hex"));`;
  const args = ["--conditions=latchkey-src", "--input-type=module", "-e", source];
  const keys = await Promise.all(
    Array.from({ length: 4 }, () =>
      text(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }).stdout),
    ),
  );
  expect(keys[0]).toMatch(/^[0-9a-f]{64}\n$/);
  expect(new Set(keys).size).toBe(1);
});

test("makes passing secrets anew each time and keeps none", () => {
  expect(passingSecrets.masterKeys()).not.toEqual(passingSecrets.masterKeys());
  expect(passingSecrets.operatorToken()).not.toBe(passingSecrets.operatorToken());
});
