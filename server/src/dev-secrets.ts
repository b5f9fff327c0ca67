import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { masterKeys, operatorToken, type Secret, ValueFault } from "./setting-values.ts";
import type { DevSecrets } from "./settings.ts";

/** Secrets that `dev` keeps in a folder, and what the operator is told about them. */
export interface KeptSecrets extends DevSecrets {
  /** Where the operator's token is kept. */
  readonly operatorTokenFile: string;
  /** The token, when this process made it and nobody has seen it yet. */
  newOperatorToken(): Secret | undefined;
}

/**
 * Makes each secret once and keeps it in a folder of its own (mode 0700), in a file that only its
 * owner can read (0600), on the disk before it is first used. Of processes that start at the same
 * time one makes it and all get the same.
 */
export function secretsKeptIn(folder: string): KeptSecrets {
  const operatorTokenFile = path.join(folder, "operator-token");
  let made: Secret | undefined;
  return {
    operatorTokenFile,
    newOperatorToken: () => made,
    masterKeys: () => keep(path.join(folder, "secret"), newMasterKey, masterKeys).value,
    operatorToken() {
      const { value, isNew } = keep(operatorTokenFile, newOperatorToken, operatorToken);
      if (isNew) made = value;
      return value;
    },
  };
}

/** Secrets for one look at the settings: made, used, forgotten. */
export const passingSecrets: DevSecrets = {
  masterKeys: () => masterKeys(newMasterKey()),
  operatorToken: () => operatorToken(newOperatorToken()),
};

function newMasterKey(): string {
  return randomBytes(32).toString("base64url");
}

function newOperatorToken(): string {
  return `lkop_${randomBytes(32).toString("base64url")}`;
}

function keep<Value>(file: string, make: () => string, parse: (text: string) => Value) {
  const isNew = read(file) === undefined && create(file, make());
  try {
    return { value: parse((read(file) ?? "").trim()), isNew };
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error;
    throw new ValueFault(`is kept in ${file}, whose content ${error.message}`);
  }
}

/** `false` when another process was first. */
function create(file: string, text: string): boolean {
  const folder = path.dirname(file);
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const descriptor = openSync(draft, "wx", 0o600);
    writeSync(descriptor, `${text}\n`);
    fsyncSync(descriptor);
    closeSync(descriptor);
    // A link appears whole and never replaces what is there.
    linkSync(draft, file);
    syncFolder(folder);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw new ValueFault(`cannot be kept in ${file}: ${messageOf(error)}`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A file that others could read is closed to them first. */
function read(file: string): string | undefined {
  try {
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw new ValueFault(`cannot be read from ${file}: ${messageOf(error)}`);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
