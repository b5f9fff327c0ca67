import type { Browser, BrowserContext } from "playwright-core";
import { freePort } from "../free-port.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { launchChromium, openPage, type WatchedPage } from "./browser.ts";

/** The first operator of every world. */
export const OWNER = {
  name: "Ada Lovelace",
  email: "ada@example.com",
  password: "correct horse battery staple",
} as const;

/** A service with somebody who runs it, and a browser in front of it. */
export interface World extends AsyncDisposable {
  readonly server: RunningServer;
  readonly origin: string;
  /** A browser of its own: no cookie, no storage. */
  browse(scheme?: "light" | "dark"): Promise<BrowserContext>;
  /** The same, signed in as the owner. */
  browseAsOwner(scheme?: "light" | "dark"): Promise<BrowserContext>;
  open(context: BrowserContext): Promise<WatchedPage>;
}

/** Starts it; the owner sets up the service by the link that it printed. */
export async function startWorld(options: { readonly policy?: object } = {}): Promise<World> {
  // The address is part of what a browser's session is checked against.
  const port = await freePort();
  const server = await startServer({ ...options, env: { LATCHKEY_PORT: String(port) } });
  const browser = await launchChromium();
  const origin = `http://localhost:${port}`;
  const open: World["open"] = (context) => openPage(context, origin);
  const signedIn = await setUpOwner({ browser, open, link: setUpLink(server, origin) });
  const inColours = (scheme: "light" | "dark" = "light") => ({
    colorScheme: scheme,
    reducedMotion: "reduce" as const,
    viewport: { width: 1360, height: 900 },
  });
  return {
    server,
    origin,
    open,
    browse: (scheme) => browser.newContext(inColours(scheme)),
    browseAsOwner: (scheme) => browser.newContext({ ...inColours(scheme), storageState: signedIn }),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.stop();
    },
  };
}

function setUpLink(server: RunningServer, origin: string): string {
  const [fragment = ""] = /#setup=[\w-]+/.exec(server.log()) ?? [];
  return `${origin}/dashboard/${fragment}`;
}

async function setUpOwner(parts: {
  readonly browser: Browser;
  readonly open: World["open"];
  readonly link: string;
}) {
  const context = await parts.browser.newContext();
  const { page } = await parts.open(context);
  await page.goto(parts.link);
  await page.getByLabel(/^Your name/).fill(OWNER.name);
  await page.getByLabel(/^E-mail/).fill(OWNER.email);
  await page
    .getByLabel(/^Password/)
    .first()
    .fill(OWNER.password);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  const state = await context.storageState();
  await context.close();
  return state;
}
