import { setTimeout } from "node:timers/promises";
import type { Page, Request } from "playwright-core";

/** What a page asks of the server. */
interface Traffic {
  readonly underWay: Set<Request>;
  /** When it last asked or was answered. */
  movedAt: number;
}

const QUIET_MILLIS = 300;
const MOST_MILLIS = 10_000;

const traffic = new WeakMap<Page, Traffic>();

/** Takes note of what a page asks, for `settled`. */
export function watchTraffic(page: Page): void {
  const seen: Traffic = { underWay: new Set(), movedAt: 0 };
  traffic.set(page, seen);
  const moved = (): void => {
    seen.movedAt = performance.now();
  };
  const answered = (request: Request): void => {
    seen.underWay.delete(request);
    moved();
  };
  page.on("request", (request) => {
    seen.underWay.add(request);
    moved();
  });
  page.on("requestfinished", answered);
  page.on("requestfailed", answered);
}

/**
 * Waits until the page has been answered all that it asks, and asks no more. `networkidle` tells of
 * a document, once: to a page that changes without a new one it says nothing.
 *
 * @throws {Error} It goes on asking, or is not answered.
 */
export async function settled(page: Page): Promise<void> {
  const seen = traffic.get(page);
  if (seen === undefined) throw new Error("nobody watches what this page asks");
  const start = performance.now();
  while (
    seen.underWay.size > 0 ||
    performance.now() - Math.max(start, seen.movedAt) < QUIET_MILLIS
  ) {
    if (performance.now() - start > MOST_MILLIS) {
      const urls = [...seen.underWay].map((request) => request.url());
      throw new Error(`the page still asks: ${urls.join(", ")}`);
    }
    await setTimeout(20);
  }
}
