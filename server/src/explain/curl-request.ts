import { CurlError } from "./curl-error.ts";
import { curlArguments } from "./curl-options.ts";
import { curlTarget } from "./curl-url.ts";

/** The request that a curl command would send, as far as a decision about it depends on it. */
export interface CurlRequest {
  readonly method: string;
  /** `data` when nobody named the method, and a body made it POST. */
  readonly methodFrom: "given" | "data" | "default";
  /** `http` or `https`, in lower case. */
  readonly scheme: string;
  /** Host and port, as in the URL. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  /** In their order, without cookies; white space around a value is gone, as it is on the wire. */
  readonly headers: readonly CurlHeader[];
  /** What was not followed, and what a shell would have done. No value of the command is in it. */
  readonly warnings: readonly string[];
  /** What a shell would have replaced, as it was written: `$TOKEN`. */
  readonly unexpanded: readonly string[];
}

/** A header that the command sends. */
export interface CurlHeader {
  /** As it was written. */
  readonly name: string;
  readonly value: string;
}

interface Draft {
  method: string | undefined;
  isHead: boolean;
  isGet: boolean;
  isUpload: boolean;
  hasBody: boolean;
  pathAsIs: boolean;
  basic: string | undefined;
  bearer: string | undefined;
  readonly addresses: string[];
  readonly data: string[];
  readonly query: string[];
  readonly lines: string[];
  readonly warnings: string[];
}

/**
 * Reads what follows `curl`, when a shell has split it.
 *
 * @throws {CurlError}
 */
export function readCurlWords(words: readonly string[]): CurlRequest {
  const draft: Draft = {
    method: undefined,
    basic: undefined,
    bearer: undefined,
    isHead: false,
    isGet: false,
    isUpload: false,
    hasBody: false,
    pathAsIs: false,
    addresses: [],
    data: [],
    query: [],
    lines: [],
    warnings: [],
  };
  readArguments(draft, words);
  const { scheme, host, target, userInfo } = curlTarget(pickAddress(draft), {
    query: draft.isGet ? [...draft.query, ...draft.data] : draft.query,
    pathAsIs: draft.pathAsIs,
  });
  draft.basic ??= userInfo;
  const headers = headersOf(draft);
  const method = methodOf(draft);
  return { ...method, scheme, host, target, headers, warnings: draft.warnings, unexpanded: [] };
}

function readArguments(draft: Draft, words: readonly string[]): void {
  for (const argument of curlArguments(words)) {
    switch (argument.kind) {
      case "option":
        readOption(draft, argument.name, argument.value);
        break;
      case "switch":
        if (argument.name === "next") {
          draft.warnings.push("Only the request before --next is looked at.");
          return;
        }
        readSwitch(draft, argument.name);
        break;
      case "address":
        draft.addresses.push(argument.text);
        break;
      case "unknown":
        draft.warnings.push(`${argument.name} is no option of curl's; it was left out.`);
        break;
      case "unfinished":
        throw new CurlError(`${argument.name} has no value after it.`);
    }
  }
}

/** What this option does to a request would need the file system, or curl itself. */
const NOT_FOLLOWED = new Set(
  "aws-sigv4 cert config digest negotiate netrc netrc-file netrc-optional ntlm request-target".split(
    " ",
  ),
);

function readSwitch(draft: Draft, name: string): void {
  if (name === "get") draft.isGet = true;
  else if (name === "head") draft.isHead = true;
  else if (name === "path-as-is") draft.pathAsIs = true;
  else if (NOT_FOLLOWED.has(name)) draft.warnings.push(`What --${name} does is not looked at.`);
}

function readOption(draft: Draft, name: string, value: string): void {
  switch (name) {
    case "header":
      if (value.startsWith("@")) draft.warnings.push("Headers in a file are not read.");
      else draft.lines.push(value);
      return;
    case "request":
      draft.method = value;
      return;
    case "url":
      draft.addresses.push(value);
      return;
    case "user":
      draft.basic = value;
      return;
    case "oauth2-bearer":
      draft.bearer = value;
      return;
    case "url-query":
      draft.query.push(value.startsWith("+") ? value.slice(1) : encodedData(value));
      return;
    case "upload-file":
      draft.isUpload = true;
      return;
    case "json":
    case "form":
    case "form-string":
    case "data-raw":
      draft.hasBody = true;
      draft.data.push(value);
      return;
    case "data":
    case "data-ascii":
    case "data-binary":
      draft.hasBody = true;
      if (!value.startsWith("@")) draft.data.push(value);
      return;
    case "data-urlencode":
      draft.hasBody = true;
      draft.data.push(encodedData(value));
      return;
    default:
      if (NOT_FOLLOWED.has(name) || name.startsWith("expand-")) {
        draft.warnings.push(`What --${name} does is not looked at.`);
      }
  }
}

/** `name=text`, `=text` or `text`, with the text encoded; a file's content is not read. */
function encodedData(value: string): string {
  const [, name = "", text = value] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
  if (!value.includes("=") && value.includes("@")) return "";
  return (name === "" ? "" : `${name}=`) + encodeURIComponent(text.toWellFormed());
}

function pickAddress({ addresses: given, lines, warnings }: Draft): string {
  // An escaped blank at a line's end is a word too, and has a warning of its own.
  const addresses = given.filter((each) => each.trim() !== "");
  const address = addresses.find((each) => /^https?:\/\//i.test(each)) ?? addresses[0];
  if (address === undefined) throw new CurlError("There is no URL in it.");
  if (addresses.length > 1) {
    const cut = lines.some((line) => /^[\w-]+:$/.test(line));
    warnings.push(
      cut
        ? "A header has nothing after its colon, and words follow it: put the header in quotes."
        : `Only one of ${addresses.length} URLs is looked at.`,
    );
  }
  return address;
}

function methodOf(draft: Draft): Pick<CurlRequest, "method" | "methodFrom"> {
  const { method, isHead, isGet, isUpload, hasBody, warnings } = draft;
  if (method !== undefined && method !== "") {
    if (method !== method.toUpperCase()) {
      warnings.push("curl sends the method as it is written, and methods are in upper case.");
    }
    return { method: method.toUpperCase(), methodFrom: "given" };
  }
  if (isHead) return { method: "HEAD", methodFrom: "default" };
  if (isUpload) return { method: "PUT", methodFrom: "data" };
  return hasBody && !isGet
    ? { method: "POST", methodFrom: "data" }
    : { method: "GET", methodFrom: "default" };
}

/** A header that was given replaces the one that curl would have made of `-u` and the like. */
function headersOf({ lines, basic, bearer, warnings }: Draft): readonly CurlHeader[] {
  const headers = lines.flatMap((line) => headerOf(line, warnings));
  const isGiven = lines.some((line) => /^authorization[ \t]*[:;]/i.test(line));
  if (isGiven) return headers;
  if (bearer !== undefined)
    return [...headers, { name: "Authorization", value: `Bearer ${bearer}` }];
  if (basic === undefined) return headers;
  if (!basic.includes(":"))
    warnings.push("curl would ask for the password of -u; it is taken as empty.");
  const pair = basic.includes(":") ? basic : `${basic}:`;
  const encoded = Buffer.from(pair).toString("base64");
  return [...headers, { name: "Authorization", value: `Basic ${encoded}` }];
}

/** `Name: value`; `Name;` sends an empty one, and `Name:` sends none. Cookies are no credential. */
function headerOf(line: string, warnings: string[]): readonly CurlHeader[] {
  const [, name = "", mark, value = ""] = /^([^:;]*)([:;])[ \t]*(.*[^ \t])?/s.exec(line) ?? [];
  if (mark === undefined || name.trim() === "") {
    warnings.push("A -H without a name and a colon is not sent.");
    return [];
  }
  if (/[^!#$%&'*+.^_`|~\w-]/.test(name)) {
    warnings.push("A -H has a character before its colon that no header's name may have.");
    return [];
  }
  if ((mark === ":" && value === "") || (mark === ";" && value !== "")) return [];
  return name.toLowerCase() === "cookie" ? [] : [{ name, value }];
}
