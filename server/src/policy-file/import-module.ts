import { spawnSync } from "node:child_process";
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PolicyError } from "@latchkey/engine";
import { PolicyFileError, shownPath } from "./policy-file-error.ts";

/** `file:line`, by path or URL, and a line with a caret: how Node begins a syntax error's stack. */
const POINTED = /^(file:\/\/.+|\/.+|[A-Za-z]:\\.+):(\d+)\n(?:.*\n)*?( *)\^/;
const FRAME = /\(?(file:\/\/[^\s)]+):(\d+):(\d+)\)?$/gm;

/** What a policy module exports by default. */
export interface ImportedPolicy {
  readonly exported: unknown;
  /** The error of a getter that threw while it was read; `undefined`: no code of the file did. */
  faultOf(error: unknown): PolicyFileError | undefined;
}

/**
 * Imports a policy module. For as long as that takes, `"latchkey"` means this very program to the
 * file and to what it imports, wherever they lie.
 *
 * @throws {PolicyFileError} When it does not parse, throws, or is not there after `waitMillis`; a
 * `PolicyError` passes through.
 */
export async function importModule(file: string, waitMillis: number): Promise<ImportedPolicy> {
  const publicFace = import.meta.resolve("latchkey");
  const loaded: string[] = [];
  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === "latchkey") return { url: publicFace, shortCircuit: true };
      const resolved = nextResolve(specifier, context);
      // Without a package.json beside it Node would try CommonJS first, and say so at each start.
      return /\.m?ts$/.test(resolved.url) ? { ...resolved, format: "module-typescript" } : resolved;
    },
    load(url, context, nextLoad) {
      loaded.push(url);
      return nextLoad(url, context);
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new PolicyFileError(shownPath(file), lateness(waitMillis)));
    // It keeps the process, which else would end without a word where nothing else is awaited.
    timer = setTimeout(giveUp, waitMillis);
  });
  try {
    const importing: Promise<{ default?: unknown }> = import(pathToFileURL(file).href);
    const { default: exported } = await Promise.race([importing, late]);
    if (exported !== undefined) return { exported, faultOf: (error) => ownFault(error, loaded) };
  } catch (error) {
    if (error instanceof PolicyError || error instanceof PolicyFileError) throw error;
    throw explain(error, file, loaded);
  } finally {
    clearTimeout(timer);
    hooks.deregister();
  }
  throw new PolicyFileError(
    shownPath(file),
    "has no default export; write `export default defineLatchkey({ … })`",
  );
}

function lateness(waitMillis: number): string {
  const after = `is not loaded after ${waitMillis / 1000} seconds`;
  return `${after}: what it, or a file that it imports, awaits does not come`;
}

function explain(error: unknown, file: string, loaded: readonly string[]): PolicyFileError {
  const place = placeOf(error, loaded) ?? shownPath(file);
  if (!(error instanceof Error)) {
    return new PolicyFileError(place, `threw ${textOf(error)}`);
  }
  return new PolicyFileError(place, error.message, { cause: error });
}

function textOf(thrown: unknown): string {
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return "an object";
  }
}

function ownFault(error: unknown, loaded: readonly string[]): PolicyFileError | undefined {
  if (!(error instanceof Error) || error instanceof PolicyError) return undefined;
  const place = framePlace(error, loaded);
  return place === undefined
    ? undefined
    : new PolicyFileError(place, error.message, { cause: error });
}

function placeOf(error: unknown, loaded: readonly string[]): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const pointed = pointedPlace(error.stack);
  if (pointed !== undefined) return pointed;
  const thrown = framePlace(error, loaded);
  if (thrown !== undefined) return thrown;
  // A fault that the JavaScript parser found carries no place; the last file loaded has it.
  const last = loaded.findLast((url) => url.startsWith("file:"));
  return error instanceof SyntaxError && last !== undefined ? parsedPlace(last) : undefined;
}

/** Where in one of the files the error was thrown, or what threw it called. */
function framePlace({ stack = "" }: Error, loaded: readonly string[]): string | undefined {
  for (const [, url = "", line, column] of stack.matchAll(FRAME)) {
    if (loaded.includes(url)) return `${shownPath(fileURLToPath(url))}:${line}:${column}`;
  }
  return undefined;
}

function pointedPlace(stack = ""): string | undefined {
  const [, file, line, indent] = POINTED.exec(stack) ?? [];
  if (file === undefined || indent === undefined) return undefined;
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  return `${shownPath(path)}:${line}:${indent.length + 1}`;
}

/** Node says where a module does not parse only when it dies of it. */
const PARSE = `
  const { readFileSync } = require("node:fs");
  const { stripTypeScriptTypes } = require("node:module");
  const { SourceTextModule } = require("node:vm");
  const identifier = process.argv[1];
  const source = readFileSync(identifier, "utf8");
  const isTyped = /ts$/.test(identifier);
  new SourceTextModule(isTyped ? stripTypeScriptTypes(source) : source, { identifier });`;

function parsedPlace(url: string): string {
  const file = fileURLToPath(url);
  const flags = ["--no-warnings", "--experimental-vm-modules", "--input-type=commonjs"];
  const args = [...flags, "-e", PARSE, "--", file];
  const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 10_000 });
  return pointedPlace(stderr) ?? shownPath(file);
}
