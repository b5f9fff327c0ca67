import { randomBytes } from "node:crypto";
import { accentsOf, type Branding } from "@latchkey/engine";

/** What a page says. It is framed by nobody, and works without its script. */
export interface Page {
  readonly title: string;
  /** HTML whose texts were escaped. */
  readonly content: string;
  /** 200 when absent. */
  readonly status?: number;
  /** The only one that may run. */
  readonly script?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** A page as it goes to the browser. */
export interface SentPage {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string;
}

const LIGHT = { fill: "#1d4ed8", text: "#1d4ed8" };
const DARK = { fill: "#2860e6", text: "#93b1ff" };

const STYLE = `
:root { color-scheme: light dark; --ground: #f7f8fb; --surface: #fff; --ink: #1a1f2b;
  --dim: #4f5a70; --line: #e3e7ef; --edge: #8590a6; --bad: #a61e1e; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1119; --surface: #141924;
  --ink: #e7eaf3; --dim: #a3acc0; --line: #262d3d; --edge: #6b7690; --bad: #ff8787; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  font: 1rem/1.5 Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", sans-serif;
  background: var(--ground); color: var(--ink); }
main { width: min(26.25rem, 100%); background: var(--surface); border: 1px solid var(--line);
  border-radius: 1rem; padding: 2rem; overflow-wrap: anywhere; }
.brand { display: flex; align-items: center; gap: .6rem; font-weight: 650; margin-bottom: 1.25rem; }
.brand img { height: 1.75rem; max-width: 9rem; object-fit: contain; }
.brand svg { width: 1.75rem; height: 1.75rem; }
h1 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .75rem; }
p { margin: 0 0 1rem; }
label { display: block; font-weight: 550; font-size: .9rem; margin-bottom: .3rem; }
input:not([type=checkbox]) { width: 100%; font: inherit; padding: .55rem .7rem; color: inherit;
  background: var(--surface); border: 1px solid var(--edge); border-radius: .5rem;
  margin-bottom: 1rem; }
input[type=checkbox] { accent-color: var(--fill); flex: none; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .5rem; }
.scope { display: flex; gap: .6rem; align-items: baseline; font-weight: 400; font-size: 1rem;
  margin-bottom: .4rem; }
.actions { display: flex; gap: .75rem; }
button { font: inherit; font-weight: 600; padding: .55rem 1.1rem; border-radius: .5rem; flex: 1;
  border: 1px solid var(--edge); background: transparent; color: inherit; cursor: pointer; }
button.primary { background: var(--fill); border-color: var(--fill); color: #fff; }
:focus-visible { outline: 2px solid var(--text); outline-offset: 2px; }
[role=alert] { color: var(--bad); font-weight: 600; }
a { color: var(--text); }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .95em; }
form + form { margin-top: 1rem; border-top: 1px solid var(--line); padding-top: 1rem; }
p:last-child { margin: 1rem 0 0; }
.quiet { font-size: .9rem; color: var(--dim); }
.mark { border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .6rem; font-size: .85rem; }
`;

const MARK = `<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#1d4ed8"/><path d="M16 7a5 5 0 0 0-2 9.6V25h4v-3h3v-4h-3v-1.4A5 5 0 0 0 16 7Z" fill="#fff"/></svg>`;

/**
 * Makes the whole page, under the brand's name and logo and in its colours; Latchkey's without one.
 * It loads the logo and nothing else.
 */
export function sentPage(page: Page, branding: Branding | null): SentPage {
  const { title, content, status = 200, script, retryAfterSeconds } = page;
  const { name, logoUrl } = branding ?? { name: "Latchkey", logoUrl: null };
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    ...(script === undefined ? [] : [`script-src 'nonce-${nonce}'`]),
    ...(logoUrl === null ? [] : [`img-src ${logoUrl.startsWith("data:") ? "data:" : logoUrl}`]),
    // No form-action: browsers hold a form to it through all redirects that follow, and where an
    // application sends people on to from its callback is known to nobody here.
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ");
  const logo = logoUrl === null ? "" : `<img src="${escaped(logoUrl)}" alt="">`;
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · ${escaped(name)}</title>
<style nonce="${nonce}">${STYLE}${coloursOf(branding)}</style>
</head>
<body>
<main>
<div class="brand">${branding === null ? MARK : logo}<span>${escaped(name)}</span></div>
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

/** A colour that could not be read as it is was mended: white text stands on `fill`. */
function coloursOf(branding: Branding | null): string {
  const colour = branding?.colour ?? null;
  const { light, dark } = colour === null ? { light: LIGHT, dark: DARK } : accentsOf(colour);
  const line = colour === null ? "" : `body { border-top: 3px solid ${colour}; }\n`;
  return `${line}:root { --fill: ${light.fill}; --text: ${light.text}; }
@media (prefers-color-scheme: dark) { :root { --fill: ${dark.fill}; --text: ${dark.text}; } }
`;
}

/** A text as HTML, in content and in quoted attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
