import { isKey, type Reason } from "@latchkey/engine";
import type { SentCredential } from "./sent-credential.ts";

/** Reasons which say that no scheme could read the credential; else its form was understood. */
const UNREAD: ReadonlySet<string> = new Set([
  "credential_missing",
  "credential_malformed",
  "token_malformed",
] satisfies Reason[]);

/**
 * What commonly goes wrong when a credential is copied into a header, seen by its form alone.
 * `unexpanded` lists what a shell would have replaced. No part of a credential is repeated.
 */
export function keyMistakes(
  credential: SentCredential,
  { reason, unexpanded }: { readonly reason: string; readonly unexpanded: readonly string[] },
): readonly string[] {
  const { header, secret } = credential;
  const form = UNREAD.has(reason) ? schemeMistake(credential) : [];
  if (secret === "") return [`${header} carries nothing: was a variable empty?`];
  const placeholder = placeholderMistake(credential, unexpanded);
  if (placeholder !== undefined) return [...form, placeholder];
  return [...form, ...characterMistakes(credential), ...checksumMistake(credential)];
}

function schemeMistake({ header, scheme, secret }: SentCredential): readonly string[] {
  if (!/^authorization$/i.test(header)) {
    return /^bearer[ \t]/i.test(secret) ? [`${header} takes the bare value, without Bearer.`] : [];
  }
  if (/^bearer$/i.test(scheme) && /^bearer\b/i.test(secret)) {
    return ["`Bearer` is there twice."];
  }
  if (/^bearer[:="']/i.test(secret)) return ["After `Bearer` comes one blank and nothing else."];
  if (/^bearer./i.test(secret)) return ["The blank after `Bearer` is missing."];
  if (scheme === "") return ["`Bearer ` is missing before the value of Authorization."];
  if (/^(?:bearer|basic)$/i.test(scheme)) return [];
  return [`Authorization says \`${scheme}\`; the word before a key or token is \`Bearer\`.`];
}

/** As they are named in an environment. */
const VARIABLE = /^\$(?:[A-Z][A-Z0-9_]*|\{[A-Z][A-Z0-9_]*\})$/;
const PLACEHOLDER =
  /^(?:\$\{?\w+\}?|\$\(.*\)|%\w+%|`.*`|\{\{?.*\}\}?|<.*>|\[.*\]|(?:my|your|My|Your|MY|YOUR)[_-]?\w*|[A-Z]+(?:_[A-Z]+)+)$/s;
const ELLIPSIS = /…|\.{3}|[•*]{3}|x{6}/i;

function placeholderMistake(
  { header, secret }: SentCredential,
  unexpanded: readonly string[],
): string | undefined {
  const variable = unexpanded.find((each) => secret.includes(each));
  if (variable !== undefined) {
    return (
      `${header} holds ${named(variable, secret)}, which only your shell can replace: put ` +
      "`latchkey explain` in front of the curl command instead of pasting it."
    );
  }
  if (VARIABLE.test(secret)) {
    return (
      `${header} holds ${named(secret, secret)} as it stands: a shell replaces nothing between ` +
      "single quotes. Use double quotes."
    );
  }
  const isPlaceholder = PLACEHOLDER.test(secret) && !isMixed(secret);
  if (isPlaceholder) return `${header} holds a placeholder instead of the value.`;
  if (ELLIPSIS.test(secret)) return `${header} holds a value that was shortened for showing it.`;
  return undefined;
}

/** A whole variable may be named; inside a longer text, what looks like one may be a secret's. */
function named(expansion: string, secret: string): string {
  return expansion === secret && VARIABLE.test(secret) ? secret : "a variable or substitution";
}

/** Letters of both cases and digits: a secret rather than words. */
function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /[0-9]/.test(text);
}

const CHARACTERS: readonly (readonly [RegExp, string])[] = [
  [/[\r\n]$/, "a line break at its end: make it with `printf %s` rather than `echo`"],
  [/[\r\n]./s, "a line break inside"],
  [/\\[nr]$|%0[ad]$/i, "an escaped line break at its end"],
  [/["'`“”‘’«»]/, "a quote in it"],
  [/[ \t]/, "white space in it"],
  [/^<|>$|^\{|\}$/, "brackets around it"],
  [/[,;:]$/, "a punctuation mark at its end"],
];

function characterMistakes({ header, scheme, secret }: SentCredential): readonly string[] {
  if (/^(?:basic|digest)$/i.test(scheme)) return [];
  const bare = secret.replace(/^bearer[:="']?[ \t]*/i, "");
  const found = CHARACTERS.find(([pattern]) => pattern.test(bare));
  if (found !== undefined) return [`${header}: the value has ${found[1]}.`];
  const odd = /[^\x21-\x7e]/u.exec(bare);
  if (odd === null) return [];
  const point = odd[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  return [`${header}: character ${odd.index + 1} of the value is U+${point}, which no key has.`];
}

/** How keys look: a prefix, and letters and digits. */
const KEY = /^((?:[a-z]{2,8}_)(?:live_|test_)?)([A-Za-z0-9]*)$/;
/** The last six characters are a checksum. */
const CHECKSUMMED_LENGTH = 36;
const HEX_LENGTH = 32;
/** Where keys are sent; ids and secrets of other kinds look otherwise. */
const KEY_HEADER = /^(?:authorization|(?:x-)?api-key)$/i;

function checksumMistake({ header, secret }: SentCredential): readonly string[] {
  if (secret.startsWith("lkop_")) {
    return [`${header} holds an operator token, which is for /v1; an API takes its own keys.`];
  }
  const [, prefix = "", body = ""] = KEY.exec(secret) ?? [];
  if (prefix === "" || !KEY_HEADER.test(header)) return [];
  if (body.length === HEX_LENGTH && /^[0-9a-f]+$/.test(body)) return [];
  if (body.length !== CHECKSUMMED_LENGTH) {
    return [
      `${header}: after its prefix the key has ${body.length} characters; those issued by ` +
        `Latchkey have ${CHECKSUMMED_LENGTH}, or ${HEX_LENGTH} hexadecimal digits.`,
    ];
  }
  if (isKey({ live: prefix, test: prefix, form: "checksummed" }, secret)) return [];
  return [`${header}: the key's checksum is wrong: a character was mistyped, or it is not ours.`];
}
