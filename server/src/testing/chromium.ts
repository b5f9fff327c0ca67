import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const PROGRAM = "/usr/bin/chromium";

/** Not on this machine: the tests are skipped by name. In CI a missing browser is an error. */
export function chromiumIsAbsent(): boolean {
  const absent = !existsSync(PROGRAM);
  if (absent && process.env.CI === "true") {
    throw new Error("Chromium is not installed; CI must test with it");
  }
  return absent;
}

/** Starts the machine's own Chromium, without a window. */
export function startChromium(): Promise<Browser> {
  // As root, which tests may be, it runs without its sandbox or not at all.
  return chromium.launch({ executablePath: PROGRAM, args: ["--no-sandbox", "--disable-gpu"] });
}

/** Expects that axe finds nothing in the page that would keep anyone out, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe.source);
    const faults = await page.evaluate(async () => {
      const inPage = globalThis as unknown as { axe: { run: typeof axe.run } };
      const { violations } = await inPage.axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    });
    expect(faults, `${page.url()} in ${colorScheme}`).toEqual([]);
  }
}
