import { randomBytes } from "node:crypto";

/** A page that loads nothing, is framed by nobody, and works without its script. */
export interface Page {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8886; --accent: #2454d6; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --accent: #8fb0ff; --bad: #ffb4ab; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  font: 1rem/1.5 system-ui, sans-serif; padding: 1rem; background: Canvas; color: CanvasText; }
main { width: min(26rem, 100%); border: 1px solid var(--line); border-radius: .75rem; padding: 2rem; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .75rem; }
p { margin: 0 0 1rem; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input:not([type=checkbox]) { width: 100%; font: inherit; padding: .6rem .7rem;
  border: 1px solid var(--line); border-radius: .45rem; margin-bottom: 1rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .5rem; }
.scope { display: flex; gap: .6rem; align-items: baseline; font-weight: 400; margin-bottom: .4rem; }
.actions { display: flex; gap: .75rem; flex-wrap: wrap; }
button { font: inherit; font-weight: 600; padding: .6rem 1.1rem; border-radius: .45rem;
  border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer; }
button.primary { background: var(--accent); border-color: var(--accent); color: Canvas; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[role=alert] { color: var(--bad); font-weight: 600; }
a { color: var(--accent); }
form + form { margin-top: 1rem; border-top: 1px solid var(--line); padding-top: 1rem; }
p:last-child { margin: 1rem 0 0; }
.quiet { font-size: .9rem; opacity: .85; }
.mark { border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .6rem; font-size: .85rem; }
`;

interface PageOptions {
  readonly status?: number;
  /** Origins besides our own to which its forms may lead in the end. */
  readonly formTargets?: readonly string[];
  /** The only one that may run. */
  readonly script?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** A whole page. `content` is HTML whose texts were escaped. */
export function page(title: string, content: string, options: PageOptions = {}): Page {
  const { status = 200, formTargets = [], script, retryAfterSeconds } = options;
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    ...(script === undefined ? [] : [`script-src 'nonce-${nonce}'`]),
    `form-action ${["'self'", ...formTargets].join(" ")}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ");
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${content}
</main>${script === undefined ? "" : `\n<script nonce="${nonce}">${script}</script>`}
</body>
</html>
`;
  const headers = [
    ["content-type", "text/html; charset=utf-8"],
    ["content-security-policy", policy],
    ["cache-control", "no-store"],
    ["referrer-policy", "no-referrer"],
    ["x-frame-options", "DENY"],
    ...(retryAfterSeconds === undefined ? [] : [["retry-after", String(retryAfterSeconds)]]),
  ].flat();
  return { status, headers, body };
}

/** A text as HTML, in content and in quoted attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
