import { createHash } from "node:crypto";
import { PAGE_HEADERS } from "./dashboard-build.ts";

/** What the page says is running. */
export interface DashboardFacts {
  readonly version: string;
  readonly storeKind: string;
  readonly apis: readonly {
    readonly slug: string;
    readonly profile: string;
    readonly mount: string;
  }[];
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1a1f2b; --paper: #fbfbfd; --line: #d5d9e2;
  --soft: #59627a; --link: #1d4ed8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaf3; --paper: #12151d; --line: #343a4a; --soft: #a3abc0; --link: #93b4ff; }
}
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem; }
h1 { font-size: 1.75rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
p { margin: .35rem 0; }
.soft { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); }
a { color: var(--link); }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 3px; border-radius: 2px; }
code { font-family: ui-monospace, monospace; font-size: .95em; }
`;

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/** The page runs no script and loads nothing but its icon; its one style is named by its hash. */
export const DASHBOARD_HEADERS: Readonly<Record<string, string>> = {
  ...PAGE_HEADERS,
  "content-security-policy": [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
};

/** The icon of the page. */
export const FAVICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d4ed8"/><path d="M16 7a5 5 0 0 0-2 9.6V25h4v-3h3v-4h-3v-1.4A5 5 0 0 0 16 7Z" fill="#fff"/></svg>';

/** What is served where the dashboard was not built. Every fact is escaped. */
export function dashboardPage({ version, storeKind, apis }: DashboardFacts): string {
  const rows = apis.map(
    ({ slug, profile, mount }) =>
      `<tr><th scope="row"><code>${escaped(slug)}</code></th><td>${escaped(profile)}</td><td><code>${escaped(mount)}</code></td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latchkey</title>
<link rel="icon" href="/dashboard/icon.svg" type="image/svg+xml">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Latchkey is running</h1>
<p class="soft">Version ${escaped(version)}, data in ${escaped(STORES[storeKind] ?? storeKind)}.</p>
<section aria-labelledby="apis">
<h2 id="apis">APIs</h2>
<div class="wide" role="region" aria-labelledby="apis" tabindex="0">
<table>
<thead><tr><th scope="col">API</th><th scope="col">Profile</th><th scope="col">Clients call it at</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
</div>
</section>
<section aria-labelledby="next">
<h2 id="next">Go on</h2>
<ul>
<li><a href="/openapi.json">The management API as OpenAPI 3.1</a></li>
<li><a href="/readyz">Whether all parts answer</a></li>
<li><a href="/metrics">Metrics</a>, open on this host</li>
</ul>
<p class="soft">The guides and the reference of settings, errors and reasons are in the folder <code>docs</code> of the product.</p>
</section>
</main>
</body>
</html>
`;
}

const STORES: Readonly<Record<string, string>> = { sqlite: "SQLite", postgres: "PostgreSQL" };

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
