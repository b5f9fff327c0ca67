import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { profiles } from "@latchkey/engine";
import { describe, expect, test } from "vitest";
import { startServer } from "./running-server.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAIN = path.join(ROOT, "server/src/cli/main.ts");

interface Page {
  /** Relative to the root. */
  readonly file: string;
  readonly text: string;
}

interface Block {
  readonly file: string;
  readonly language: string;
  readonly text: string;
}

const PAGES: readonly Page[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(path.join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
]
  .toSorted()
  .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), "utf8") }));

const BLOCKS: readonly Block[] = PAGES.flatMap(({ file, text }) =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", block = ""]) => ({
    file,
    language,
    text: block,
  })),
);

/** What a reader can run or call: blocks, and code between backticks. Diffs show what is not yet. */
const CODE: readonly Page[] = PAGES.flatMap(({ file, text }) => {
  const prose = text.replace(/^```.*?^```$/gms, "");
  const blocks = BLOCKS.filter((block) => block.file === file && block.language !== "diff");
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return [...blocks.map((block) => block.text), ...inline].map((code) => ({ file, text: code }));
});

/** Paths below `/v1` of an API, which look like the management API's own. */
const PROFILE_PATHS = (profiles.savvycal.endpoints ?? []).map(({ match }) =>
  match.slice(match.indexOf("/")),
);

test("the documents are there to be read", () => {
  expect(PAGES.map(({ file }) => file)).toEqual(
    expect.arrayContaining([
      "ARCHITECTURE.md",
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "README.md",
      "SECURITY.md",
      "docs/adr/README.md",
      "docs/guide/getting-started.md",
      "docs/reference/policy.md",
    ]),
  );
  expect(BLOCKS.length).toBeGreaterThan(30);
  expect(CODE.length).toBeGreaterThan(300);
});

describe("a policy file in a document loads:", () => {
  const policies = BLOCKS.filter(
    ({ language, text }) =>
      (language === "ts" && text.includes("defineLatchkey")) ||
      (language === "json" && text.includes('"apis":')),
  );

  test("there are some", () => {
    expect(policies.length).toBeGreaterThanOrEqual(4);
  });

  test.each(policies.map((block) => [block.file, block.language, block.text]))(
    "%s, in %s",
    (_file, language, text) => {
      const folder = mkdtempSync(path.join(tmpdir(), "latchkey-document-"));
      try {
        const file = `policy.${language}`;
        writeFileSync(path.join(folder, file), text);
        const { status, stdout, stderr } = latchkey(["check"], folder, { LATCHKEY_CONFIG: file });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(stdout).toContain('API "acme"');
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

test("a command about the demo is about the account that the demo has", () => {
  const commands = BLOCKS.filter(({ text }) => text.includes("/v1/apis/standard/"));
  const accounts = commands.flatMap(({ text }) => text.match(/(?<="accountId": ")[^"]+/g) ?? []);
  expect(accounts.length).toBeGreaterThan(1);
  expect([...new Set(accounts)]).toEqual(["acct_demo"]);
});

test("a command names an account that getting started, the demo or its own page has made", () => {
  const shell = BLOCKS.filter(({ language }) => language === "sh");
  const made = (file: string) =>
    shell
      .filter((block) => [file, "docs/guide/getting-started.md"].includes(block.file))
      .flatMap(({ text }) => text.match(/(?<="id": ")acct_\w+/g) ?? []);
  const unknown = shell.flatMap(({ file, text }) =>
    (text.match(/(?<="accountId": ")\w+/g) ?? [])
      .filter((account) => !["acct_demo", ...made(file)].includes(account))
      .map((account) => `${file}: ${account}`),
  );
  expect(made("docs/guide/calcom.md")).toEqual(["acct_acme", "acct_vendor", "acct_example"]);
  expect(unknown).toEqual([]);
});

test("the guide registers the example's button with what it asks for", () => {
  const example = readFileSync(path.join(ROOT, "examples/continue-with/main.ts"), "utf8");
  const [, asked = ""] = /scope: "openid ([^"]+)"/.exec(example) ?? [];
  const shop = BLOCKS.find(({ text }) => text.includes('"name": "Shop"'))?.text ?? "";
  expect(shop).toContain(`"scopes": ["${asked}"]`);
  expect(shop).toContain('"redirectUris": ["http://127.0.0.1/callback"]');
});

test("every other program in TypeScript is sound", () => {
  const programs = BLOCKS.filter(
    ({ language, text }) => language === "ts" && !text.includes("defineLatchkey"),
  );
  expect(programs.length).toBeGreaterThan(5);
  const cache = path.join(ROOT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  // Below the root, where the packages are found.
  const folder = mkdtempSync(path.join(cache, "latchkey-documents-"));
  try {
    // What the text around a program speaks of.
    writeFileSync(
      path.join(folder, "around.d.ts"),
      `declare const verifier: import("@latchkey/sdk").Verifier;
declare const client: import("@latchkey/sdk/client").Client;
declare const token: string;`,
    );
    for (const [i, { file, text }] of programs.entries()) {
      const name = `${file.replaceAll("/", "-")}-${i}.ts`;
      writeFileSync(path.join(folder, name), `${text}\nexport {};\n`);
    }
    const settings = { extends: path.join(ROOT, "tsconfig.json"), include: ["."] };
    writeFileSync(
      path.join(folder, "tsconfig.json"),
      JSON.stringify({ ...settings, compilerOptions: { noUnusedLocals: false } }),
    );
    const tsc = path.join(ROOT, "node_modules/.bin/tsc");
    const { stdout } = spawnSync(tsc, ["-p", folder], { encoding: "utf8" });
    expect(stdout).toBe("");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every link leads to something that is there", () => {
  const broken = PAGES.flatMap(({ file, text }) =>
    linksOf(text)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !isThere(file, link))
      .map((link) => `${file}: ${link}`),
  );
  expect(broken).toEqual([]);
  expect(PAGES.flatMap(({ text }) => linksOf(text)).length).toBeGreaterThan(60);
});

test("every npm command is one that npm or the project has", () => {
  const manifest: { scripts: object } = JSON.parse(
    readFileSync(path.join(ROOT, "package.json"), "utf8"),
  );
  const known = new Set([
    ...Object.keys(manifest.scripts).flatMap((name) => [`run ${name}`, name]),
    "ci",
    "exec",
    "install",
    "pack",
  ]);
  const named = CODE.flatMap(({ file, text }) =>
    [...text.matchAll(/(?:^|[\s'(])npm ((?:run )?[a-z]+)/gm)].map(([, command = ""]) => ({
      file,
      command,
    })),
  );
  expect(named.filter(({ command }) => !known.has(command))).toEqual([]);
  for (const script of ["start", "test", "run check"]) {
    expect(named.map(({ command }) => command)).toContain(script);
  }
});

test("every latchkey command is one that it has", () => {
  const { stdout } = latchkey(["--help"], ROOT, {});
  const known = [...stdout.matchAll(/^ {2}latchkey ([\w-]+)/gm)].map(([, command]) => command);
  expect(known).toContain("serve");
  const named = CODE.flatMap(({ file, text }) =>
    [...text.matchAll(/^latchkey ([a-z]\S*)/gm)].map(([, command = ""]) => ({ file, command })),
  );
  expect(named.filter(({ command }) => !known.includes(command))).toEqual([]);
  expect(named.length).toBeGreaterThan(3);
});

test("every variable is a setting", () => {
  const reference = PAGES.find(({ file }) => file === "docs/reference/settings.md")?.text ?? "";
  const known: readonly string[] = reference.match(/(?<=^\| `)LATCHKEY_[A-Z_]+/gm) ?? [];
  expect(known.length).toBeGreaterThan(10);
  // Read by programs that ask Latchkey: the examples name them so.
  const ofExamples = ["LATCHKEY_TOKEN", "LATCHKEY_URL"];
  const unknown = PAGES.flatMap(({ file, text }) =>
    (text.match(/LATCHKEY_[A-Z_]*[A-Z]\b/g) ?? [])
      .filter((name) => !known.includes(name) && !ofExamples.includes(name))
      .map((name) => `${file}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test("every address of the management API and every metric is one of the running service", async () => {
  await using server = await startServer();
  const { json } = await server.ask({ path: "/openapi.json" });
  const paths = [...Object.keys(json.paths), ...PROFILE_PATHS];
  const called = CODE.flatMap(({ file, text }) => addressesIn(text).map((at) => ({ file, at })));
  expect(called.filter(({ at }) => !paths.includes(at))).toEqual([]);
  expect(called.length).toBeGreaterThan(10);

  const metrics = await server.ask({ path: "/metrics" });
  const named = CODE.flatMap(({ text }) => text.match(/^latchkey_[a-z_]+/gm) ?? []);
  expect(named.filter((name) => !metrics.text.includes(`# HELP ${name} `))).toEqual([]);
  expect(named.length).toBeGreaterThan(5);
});

test("every test that SECURITY.md names as proof exists under that name", () => {
  const text = PAGES.find(({ file }) => file === "SECURITY.md")?.text ?? "";
  const proofs = [...text.matchAll(/\]\(([^)]+\.test\.ts)\): "([^"]+)"/g)];
  expect(proofs.length).toBeGreaterThan(8);
  for (const [, file = "", title = ""] of proofs) {
    expect(readFileSync(path.join(ROOT, file), "utf8"), file).toContain(title);
  }
});

test("the list of decisions names every page once, numbered without a gap", () => {
  const folder = path.join(ROOT, "docs/adr");
  const pages = readdirSync(folder).filter((name) => /^\d{4}-.*\.md$/.test(name));
  const list = readFileSync(path.join(folder, "README.md"), "utf8");
  const rows = [...list.matchAll(/^\| (\d+) \| \[(.+)\]\((.+)\) \|$/gm)];
  expect(rows.map(([, , , file]) => file)).toEqual(pages.toSorted());
  for (const [i, [, number, title, file = ""]] of rows.entries()) {
    const page = readFileSync(path.join(folder, file), "utf8");
    expect(Number(number)).toBe(i + 1);
    expect(Number(file.slice(0, 4))).toBe(i + 1);
    expect(page.split("\n")[0]).toBe(`# ${number}. ${title}`);
    for (const part of ["Context", "Decision", "Consequences", "What would change our mind"]) {
      expect(page).toContain(`\n## ${part}\n`);
    }
  }
});

function latchkey(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
  const { PATH = "" } = process.env;
  return spawnSync(process.execPath, ["--conditions=latchkey-src", MAIN, ...args], {
    cwd,
    env: { PATH, ...env },
    encoding: "utf8",
  });
}

function linksOf(text: string): readonly string[] {
  const prose = text.replace(/^```.*?^```$/gms, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
}

function isThere(from: string, link: string): boolean {
  const [name = "", anchor] = link.split("#");
  const file = name === "" ? from : path.join(path.dirname(from), name);
  if (!existsSync(path.join(ROOT, file))) return false;
  if (anchor === undefined) return true;
  const target = PAGES.find((page) => page.file === file);
  return target !== undefined && anchorsOf(target.text).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): readonly string[] {
  const headings = text.replace(/^```.*?^```$/gms, "").match(/(?<=^#+ ).*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Paths below `/v1`, with parameters where a document has an example. */
function addressesIn(code: string): readonly string[] {
  const calls = code.replace(/^API=.*$/gm, "").replaceAll("$API", "/v1/apis/acme");
  const addresses = calls.match(/\/v1\/[^\s"'?|`]+/g) ?? [];
  return addresses
    .filter((address) => !address.endsWith("/…"))
    .map((address) =>
      address
        .replace(/^\/v1\/apis\/(?:acme|standard)(?=\/)/, "/v1/apis/{api}")
        .replace(/\/(?:key|app)_[^/]+/, "/{id}"),
    );
}
