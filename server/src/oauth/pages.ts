import type { Branding } from "@latchkey/engine";
import type { KoaContextWithOIDC } from "oidc-provider";
import { escaped, sentPage } from "./page.ts";

/** Has the pages below shown under this brand. */
export function dressAs(branding: Branding | null) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    ctx.state.branding = branding;
    await next();
  };
}

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

const WRONG_CODE = "There is no such code, or it was used, or has expired. Try again.";
/** By the name of the library's fault. */
const CODE_FAULTS: ReadonlyMap<string, string> = new Map([
  ["NoCodeError", WRONG_CODE],
  ["NotFoundError", WRONG_CODE],
  ["ExpiredError", WRONG_CODE],
  ["AbortedError", "The device was not connected, as you wished."],
  ["InvalidScope", "The device asks for nothing that there is, and was not connected."],
]);
/** A form that was sent twice, or a page that was loaded again. */
const DONE_BEFORE =
  "This was done before, or cannot be done now. If your device still waits, go on.";

/** Asks for the code that a device shows. `form` is the library's, with its own protection. */
export function askUserCode(
  ctx: KoaContextWithOIDC,
  form: string,
  fault: { readonly name: string } | undefined,
): void {
  show(ctx, "Connect a device", [
    ...(fault === undefined
      ? []
      : [`<p role="alert">${CODE_FAULTS.get(fault.name) ?? DONE_BEFORE}</p>`]),
    "<p>Enter the code that your device shows.</p>",
    labelled(form),
    '<div class="actions"><button class="primary" type="submit" form="op.deviceInputForm">',
    "Continue</button></div>",
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
    '<div class="actions"><button class="primary" type="submit" form="op.deviceConfirmForm">',
    'Continue</button><button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">',
    "Cancel</button></div>",
  ]);
}

/** Asks whether to sign out, wherever the request came from. `form` is the library's. */
export function askLogout(ctx: KoaContextWithOIDC, form: string): void {
  const name = ctx.oidc.client?.clientName ?? "An application";
  show(ctx, "Sign out?", [
    `<p><strong>${escaped(name)}</strong> asks to sign you out here. What you allowed `,
    "applications stays allowed.</p>",
    form,
    '<div class="actions"><button class="primary" type="submit" form="op.logoutForm" name="logout"',
    ' value="yes">Sign out</button><button type="submit" form="op.logoutForm">Stay signed in',
    "</button></div>",
  ]);
}

/** Nobody is signed in here any more, or the user chose to stay. */
export function showLoggedOut(ctx: KoaContextWithOIDC): void {
  show(ctx, "Done", ["<p>You can close this page.</p>"]);
}

/** The end of it, as far as this browser is concerned. */
export function showSuccess(ctx: KoaContextWithOIDC): void {
  show(ctx, "The device is connected", ["<p>You can close this page.</p>"]);
}

function show(ctx: KoaContextWithOIDC, title: string, content: readonly string[]): void {
  // Set by `dressAs`, which runs before whatever shows a page.
  const branding = ctx.state.branding as Branding | null;
  const { headers, body } = sentPage({ title, content: content.join("") }, branding);
  for (let i = 0; i < headers.length; i += 2) ctx.set(headers[i] ?? "", headers[i + 1] ?? "");
  ctx.body = body;
}

/** The library's field has a placeholder and no label. */
function labelled(form: string): string {
  return form.replace('type="text"', 'type="text" aria-label="Code"');
}
