import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { LANGUAGES, type Language } from "./languages.ts";

const run = promisify(execFile);

/** A first Go program compiles the library, and maybe Go's own packages. */
const LONGEST_MILLISECONDS = 120_000;

/** What a sample is given. */
export interface SampleInputs {
  readonly env?: Readonly<Record<string, string>>;
  /** Path from the sample's folder → content. */
  readonly files?: Readonly<Record<string, string>>;
  /** What its document tells the reader to replace, such as an id → what stands there instead. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** The language of a sample, named by its path from this folder. */
export function languageOf(sample: string): Language {
  const language = LANGUAGES[path.extname(sample)];
  if (language === undefined) throw new Error(`${sample} is in no known language`);
  return language;
}

/**
 * Runs a sample in a folder of its own and gives back the two streams, trimmed. Rejects when it
 * exits with anything but 0, and when `instead` names what the sample does not hold.
 */
export async function runSample(
  sample: string,
  { env = {}, files = {}, instead = {} }: SampleInputs,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { command, environment } = languageOf(sample);
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-sample-"));
  try {
    const program = path.join(folder, path.basename(sample));
    const source = readFileSync(path.join(import.meta.dirname, sample), "utf8");
    writeFileSync(program, replaced(source, instead));
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content, { mode: 0o600 });
    }
    const [executable, ...args] = command;
    const { stdout, stderr } = await run(executable, [...args, program], {
      cwd: folder,
      // The caller's own environment might bring other versions of the languages.
      env: { PATH: "/usr/bin:/bin", HOME: folder, ...environment(folder), ...env },
      timeout: LONGEST_MILLISECONDS,
    });
    return { stdout: stdout.trim(), stderr: stderr.trim() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function replaced(source: string, instead: Readonly<Record<string, string>>): string {
  return Object.entries(instead).reduce((text, [before, after]) => {
    if (!text.includes(before)) throw new Error(`the sample does not hold ${before}`);
    return text.replaceAll(before, after);
  }, source);
}
