import type { BrowserContext, Page } from "playwright-core";
import { freePort } from "../free-port.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { launchChromium, openPage, type WatchedPage } from "./browser.ts";

/** The first operator of every world. */
export const OWNER = {
  name: "Ada Lovelace",
  email: "ada@example.com",
  password: "correct horse battery staple",
} as const;

/** One point of red. */
const LOGO =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/** The looks of an API; white on this yellow could not be read, nor the yellow on white. */
export const BRANDING = { name: "Acme", logoUrl: LOGO, colour: "#ffcc00" } as const;

/** A service that nobody runs yet, and a browser in front of it. */
export interface Place extends AsyncDisposable {
  readonly server: RunningServer;
  readonly origin: string;
  /** The link that it printed for the first operator. */
  readonly setUpLink: string;
  /** A browser of its own: no cookie, no storage. */
  browse(scheme?: "light" | "dark"): Promise<BrowserContext>;
  open(context: BrowserContext): Promise<WatchedPage>;
}

/** The same, and somebody who runs it. */
export interface World extends Place {
  /** A browser of its own, signed in as the owner. */
  browseAsOwner(scheme?: "light" | "dark"): Promise<BrowserContext>;
}

/** How a world is started. */
export interface WorldOptions {
  readonly policy?: object;
}

const LOOKS = { reducedMotion: "reduce", viewport: { width: 1360, height: 900 } } as const;

/** Starts it; its first operator is yet to come. */
export async function startPlace(options: WorldOptions = {}): Promise<Place> {
  // The address is part of what a browser's session is checked against.
  const port = await freePort();
  const server = await startServer({ ...options, env: { LATCHKEY_PORT: String(port) } });
  const browser = await launchChromium();
  const origin = `http://localhost:${port}`;
  const [fragment = ""] = /#setup=[\w-]+/.exec(server.log()) ?? [];
  return {
    server,
    origin,
    setUpLink: `${origin}/dashboard/${fragment}`,
    open: (context) => openPage(context, origin),
    browse: (colorScheme = "light") => browser.newContext({ ...LOOKS, colorScheme }),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.stop();
    },
  };
}

/** Starts it; the owner sets up the service by the link that it printed. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const place = await startPlace(options);
  const context = await place.browse();
  const { page } = await place.open(context);
  await setUp(page, place.setUpLink);
  const storageState = await context.storageState();
  await context.close();
  return {
    ...place,
    async browseAsOwner(scheme) {
      const browsing = await place.browse(scheme);
      await browsing.setStorageState(storageState);
      return browsing;
    },
  };
}

/** Becomes the owner by the link of the set-up, and enters. */
export async function setUp(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel(/^Your name/).fill(OWNER.name);
  await page.getByLabel(/^E-mail/).fill(OWNER.email);
  await setPassword(page, OWNER.password);
}

/** On the page of a link: chooses the password, and enters. */
export async function setPassword(page: Page, password: string): Promise<void> {
  await page
    .getByLabel(/^Password/)
    .first()
    .fill(password);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
}

/** At the door: gives e-mail and password. What comes next may be one more step. */
export async function signIn(
  page: Page,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<void> {
  await page.getByLabel(/^E-mail/).fill(email);
  await page
    .getByLabel(/^Password/)
    .first()
    .fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
