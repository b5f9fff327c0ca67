import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
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

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Expects that axe finds nothing in the page that would keep anyone out, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe);
    const faults = await page.evaluate(async () => {
      const { axe: checker } = globalThis as unknown as { axe: Axe };
      const { violations } = await checker.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    });
    expect(faults, `${page.url()} in ${colorScheme}`).toEqual([]);
  }
}

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}
