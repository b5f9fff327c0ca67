import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../running-server.ts";

const BUILD = path.join(import.meta.dirname, "../../dashboard/dist");
const MOST_FIRST_BYTES = 300_000;

const LOGO = "https://cdn.acme.com/logo.svg";

interface Entry {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}
type Manifest = Readonly<Record<string, Entry>>;

let server: RunningServer;
beforeAll(async () => {
  const branded = [LOGO, "data:image/png;base64,AAAA"].map((logoUrl, i) => ({
    slug: i === 0 ? "standard" : "other",
    extends: "standard",
    branding: { name: "Acme", logoUrl },
  }));
  server = await startServer({ policy: { apis: branded } });
});
afterAll(() => server.stop());

const manifest = (): Manifest =>
  JSON.parse(readFileSync(path.join(BUILD, ".vite/manifest.json"), "utf8"));

/** What a browser loads for a page: its program, what that imports, and their styles. */
function filesFor(entries: readonly string[]): ReadonlySet<string> {
  const all = manifest();
  const files = new Set<string>();
  const add = (name: string) => {
    const entry = all[name];
    if (entry === undefined || files.has(entry.file)) return;
    for (const file of [entry.file, ...(entry.css ?? [])]) files.add(file);
    for (const each of entry.imports ?? []) add(each);
  };
  for (const name of entries) add(name);
  return files;
}

test("the first page is at most 300 kB on the wire", () => {
  for (const page of ["api-keys/api-keys-page", "overview/overview-page"]) {
    const files = filesFor(["index.html", `src/${page}.tsx`]);
    expect(files.size).toBeGreaterThan(5);
    const sizes = [...files].map((file) => readFileSync(path.join(BUILD, `${file}.gz`)).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_FIRST_BYTES);
  }
});

test("each page has another nonce, and a policy that lets in the service's scripts and one logo", async () => {
  const nonces = new Set<string>();
  for (const where of ["/dashboard/", "/dashboard/apis/standard/api-keys", "/dashboard/"]) {
    const { status, headers, text } = await server.ask({ path: where });
    expect([status, headers["cache-control"]]).toEqual([200, "no-store"]);
    const [, nonce = ""] =
      /'nonce-([\w-]{22})'/.exec(headers["content-security-policy"] ?? "") ?? [];
    expect(text).toContain(`content="${nonce}"`);
    expect(text).not.toMatch(/<script(?![^>]* src="\/dashboard\/)|<style|style=|\son\w+=/i);
    expect(headers["content-security-policy"]).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data: ${LOGO}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(3);
});

test("its files are compressed, kept for good, and the only ones that are served", async () => {
  const { file } = manifest()["index.html"] ?? { file: "" };
  for (const [accepted, encoding] of [
    ["gzip, deflate, br", "br"],
    ["gzip", "gzip"],
  ] as const) {
    const headers = { "accept-encoding": accepted };
    const found = await server.ask({ path: `/dashboard/${file}`, headers });
    expect([found.status, found.headers["content-encoding"]]).toEqual([200, encoding]);
    expect(found.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(found.headers["content-type"]).toMatch(/^(?:text|application)\/javascript/);
  }
  for (const hostile of [
    "/dashboard/assets/nothing.js",
    "/dashboard/assets/../index.html",
    "/dashboard/assets/..%2findex.html",
    "/dashboard/assets/%2e%2e/%2e%2e/package.json",
    "/dashboard/assets/..%5c..%5cpackage.json",
    "/dashboard/assets/",
    "/dashboard/assets/..",
    "/dashboard/assets/%00.js",
    `/dashboard/assets/${"a".repeat(300)}.js`,
  ]) {
    const { status, text } = await server.ask({ path: hostile });
    expect([hostile, status, JSON.parse(text).error.code]).toEqual([hostile, 404, "NOT_FOUND"]);
  }
});

test.each([
  ["range", "bytes=99999999-"],
  ["if-match", '"another"'],
  ["if-unmodified-since", "Mon, 01 Jan 1990 00:00:00 GMT"],
])("a file is served whole, whatever %s says", async (name, value) => {
  const { file } = manifest()["index.html"] ?? { file: "" };
  const whole = await server.ask({ path: `/dashboard/${file}` });
  const found = await server.ask({ path: `/dashboard/${file}`, headers: { [name]: value } });
  expect([found.status, found.text]).toEqual([200, whole.text]);
});
