import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { watchTraffic } from "./traffic.ts";

const CHROMIUM = "/usr/bin/chromium";

/** Whether there is a browser to test with. */
export const hasChromium = existsSync(CHROMIUM);

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** Chromium, without a window. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

/** A page, and what went wrong on it or was loaded from elsewhere. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, violations of the page's policy, requests to other origins. */
  readonly faults: readonly string[];
}

/** Opens a page of `origin` and takes note of its faults. A refused call is none. */
export async function openPage(context: BrowserContext, origin: string): Promise<WatchedPage> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isAnswer) faults.push(message.text());
  });
  page.on("request", (request) => {
    const { origin: asked, protocol } = new URL(request.url());
    if (asked !== origin && protocol !== "blob:" && protocol !== "data:") faults.push(asked);
  });
  watchTraffic(page);
  page.setDefaultTimeout(10_000);
  return { page, faults };
}

/** Shows the page in these colours; its script follows the browser's wish only a moment later. */
export async function showIn(page: Page, colorScheme: "dark" | "light"): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
}

/** Which of axe-core's rules are looked at: all of them, or those that colours can break. */
type Rules = "all" | "colours";

/** What axe-core finds wrong with the page as it is: each rule with the places that break it. */
export async function accessibilityFaults(
  page: Page,
  rules: Rules = "all",
): Promise<readonly (readonly string[])[]> {
  // The page's policy lets in the service's scripts alone; the debugger's are not bound by it.
  if (await page.evaluate("window.axe === undefined")) await page.evaluate(AXE);
  const only = rules === "all" ? {} : { runOnly: { type: "rule", values: COLOUR_RULES } };
  return page.evaluate(`(async () => {
    // Colours that are on their way from one to another are no colours of ours.
    const changes = document.getAnimations().filter((each) => each instanceof CSSTransition);
    await Promise.allSettled(changes.map(({ finished }) => finished));
    const options = { resultTypes: ["violations"], ...${JSON.stringify(only)} };
    const { violations } = await axe.run(document, options);
    const place = ({ html, failureSummary }) => html.slice(0, 200) + " " + failureSummary;
    return violations.map(({ id, nodes }) => [id, ...nodes.map(place)]);
  })()`);
}
