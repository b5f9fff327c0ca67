import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { type Policy, profiles, RENDERERS, readPolicies, SCHEMES } from "@latchkey/engine";
import { type ImportedPolicy, importModule } from "./import-module.ts";
import { parseJson } from "./parse-json.ts";
import { PolicyFileError, shownPath } from "./policy-file-error.ts";

const DEFAULT_FILE = "latchkey.config.ts";
/** How long a policy file may take: it may ask others for what it says. */
const WAIT_MILLIS = 30_000;

/** The policies that a deployment decides by, checked and complete. */
export interface LoadedPolicies {
  /** As people know it; `undefined`: the built-in demo, one API per profile. */
  readonly file: string | undefined;
  readonly policies: readonly Policy[];
}

/**
 * Reads, checks and completes the policies of a file; without one, of `latchkey.config.ts` in the
 * working folder; without that, of the built-in demo. The file's code runs in this process.
 *
 * @throws {PolicyFileError} When the file is missing, does not parse, throws, or takes longer than
 * `waitMillis`: what it has begun then goes on.
 * @throws {PolicyError} When what it exports is no policy.
 */
export async function loadPolicies(
  given: string | undefined,
  waitMillis = WAIT_MILLIS,
): Promise<LoadedPolicies> {
  const file = findFile(given);
  const known = {
    profiles,
    schemes: SCHEMES.map((scheme) => scheme.name),
    renderers: Object.keys(RENDERERS),
  };
  if (file === undefined) {
    const demo = { apis: Object.values(profiles) };
    return { file, policies: readPolicies(demo, { ...known, file: "the built-in demo" }) };
  }
  const shown = shownPath(file);
  // Containers make one in the place of a mounted file that is not there.
  if (statSync(file).isDirectory())
    throw new PolicyFileError(shown, "is a folder, not a policy file");
  const { exported, faultOf } = await readFile(file, waitMillis);
  try {
    return { file: shown, policies: readPolicies(exported, { ...known, file: shown }) };
  } catch (error) {
    throw faultOf(error) ?? error;
  }
}

function findFile(given: string | undefined): string | undefined {
  const file = path.resolve(given ?? DEFAULT_FILE);
  if (existsSync(file)) return file;
  if (given === undefined) return undefined;
  throw new PolicyFileError(shownPath(file), "is what LATCHKEY_CONFIG names, but is not there");
}

async function readFile(file: string, waitMillis: number): Promise<ImportedPolicy> {
  if (!file.endsWith(".json")) return importModule(file, waitMillis);
  return { exported: parseJson(file, readFileSync(file, "utf8")), faultOf: () => undefined };
}
