import type { KoaContextWithOIDC } from "oidc-provider";

/** What every page of ours may load: nothing from anywhere, and nobody may frame it. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** The page for a mistake that no client can be told of: it redirects nowhere and escapes all. */
export function showError(
  ctx: KoaContextWithOIDC,
  out: { readonly error: string; readonly error_description?: string | undefined },
): void {
  const { error, error_description: description = "" } = out;
  show(ctx, "This request cannot be completed", [
    "<p>The application sent you here with a request that is not valid.</p>",
    `<p><code>${escaped(error)}</code> ${escaped(description)}</p>`,
  ]);
}

/** Asks for the code that a device shows. `form` is the library's, with its own protection. */
export function askUserCode(ctx: KoaContextWithOIDC, form: string, fault: unknown): void {
  show(ctx, "Connect a device", [
    fault === undefined
      ? "<p>Enter the code that your device shows.</p>"
      : '<p role="alert">There is no such code, or it has expired. Try again.</p>',
    labelled(form),
    '<button type="submit" form="op.deviceInputForm">Continue</button>',
  ]);
}

/** Lets the user compare the code before an application is let in. */
export function confirmUserCode(
  ctx: KoaContextWithOIDC,
  form: string,
  { name, code }: { readonly name: string; readonly code: string },
): void {
  show(ctx, "Connect a device", [
    `<p><strong>${escaped(name)}</strong> wants to be connected. Go on only if your device shows `,
    `this code:</p><p><code>${escaped(code)}</code></p>`,
    form,
    '<p><button type="submit" form="op.deviceConfirmForm">Continue</button> ',
    '<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">Cancel</button></p>',
  ]);
}

/** Asks whether to sign out, wherever the request came from. `form` is the library's. */
export function askLogout(ctx: KoaContextWithOIDC, form: string): void {
  const { params, client } = ctx.oidc;
  const onward = URL.parse(String(params?.post_logout_redirect_uri ?? ""));
  const name = client?.clientName ?? "An application";
  show(
    ctx,
    "Sign out?",
    [
      `<p><strong>${escaped(name)}</strong> asks to sign you out here. What you allowed `,
      "applications stays allowed.</p>",
      form,
      '<p><button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button> ',
      '<button type="submit" form="op.logoutForm">Stay signed in</button></p>',
    ],
    // It is the client's own: the library has compared it. Browsers hold forms to their targets.
    onward === null ? [] : [onward.host === "" ? onward.protocol : onward.origin],
  );
}

/** Nobody is signed in here any more, or the user chose to stay. */
export function showLoggedOut(ctx: KoaContextWithOIDC): void {
  show(ctx, "Done", ["<p>You can close this page.</p>"]);
}

/** The end of it, as far as this browser is concerned. */
export function showSuccess(ctx: KoaContextWithOIDC): void {
  show(ctx, "The device is connected", ["<p>You can close this page.</p>"]);
}

function show(
  ctx: KoaContextWithOIDC,
  title: string,
  content: readonly string[],
  formTargets: readonly string[] = [],
): void {
  ctx.type = "html";
  const targets = ["form-action 'self'", ...formTargets].join(" ");
  ctx.set("content-security-policy", `${PAGE_POLICY}; ${targets}`);
  ctx.set("referrer-policy", "no-referrer");
  ctx.set("cache-control", "no-store");
  ctx.body = page(title, content);
}

/** The library's field has a placeholder and no label. */
function labelled(form: string): string {
  return form.replace('type="text"', 'type="text" aria-label="Code"');
}

function page(title: string, content: readonly string[]): string {
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    "<style>:root{color-scheme:light dark;font-family:system-ui}body{max-width:32rem;",
    "margin:4rem auto;padding:0 1rem}</style>",
    `<title>${title}</title><main><h1>${title}</h1>${content.join("")}</main></html>`,
  ].join("");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
