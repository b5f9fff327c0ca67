// Writes the types and the table of operations of `@latchkey/sdk/client`, from the OpenAPI document
// of the service in this working tree. With `--check` writes nothing, and fails where they differ.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { moduleOf, type OpenApiDocument } from "./openapi-module.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TARGET = path.join(ROOT, "sdk/src/client/management-api.ts");

const written = readFileSync(TARGET, { encoding: "utf8", flag: "a+" });
const wanted = formatted(moduleOf(await servedDocument()));
if (process.argv.includes("--check")) {
  if (written !== wanted) fail(`${TARGET} is stale: run npm run generate`);
} else {
  writeFileSync(TARGET, wanted);
}

/** The document of a service that runs for this moment on a database of its own. */
async function servedDocument(): Promise<OpenApiDocument> {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-document-"));
  const child = spawn(
    process.execPath,
    ["--conditions=latchkey-src", path.join(ROOT, "server/src/cli/main.ts"), "dev"],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, LATCHKEY_PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 60_000,
    },
  );
  try {
    let output = "";
    for await (const text of child.stdout.setEncoding("utf8")) {
      output += text;
      const [, address] = /is running at (http:\S+)/.exec(output) ?? [];
      if (address !== undefined) {
        const answer = await fetch(`${address}/openapi.json`);
        // The service's own tests check it against OpenAPI 3.1.
        return (await answer.json()) as OpenApiDocument;
      }
    }
    return fail(`the service did not start:\n${output}`);
  } finally {
    const isGone = child.exitCode !== null || child.signalCode !== null;
    if (child.kill() && !isGone) await once(child, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

function formatted(source: string): string {
  const biome = path.join(ROOT, "node_modules/.bin/biome");
  const { status, stdout, stderr } = spawnSync(
    biome,
    ["format", "--stdin-file-path=sdk/src/client/management-api.ts"],
    { cwd: ROOT, input: source, encoding: "utf8" },
  );
  return status === 0 ? stdout : fail(stderr);
}

function fail(line: string): never {
  console.error(line);
  process.exit(1);
}
