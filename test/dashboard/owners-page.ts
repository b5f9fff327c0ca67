import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { WatchedPage } from "./browser.ts";
import { startWorld, type World, type WorldOptions } from "./world.ts";

/** What a test of the owner's begins with. */
export interface OwnersPage {
  readonly world: World;
  /** In a browser that is signed in; nothing is shown there yet. */
  readonly page: Page;
}

/**
 * Gives each test of a suite a new page of its owner's, in one world that the suite has to itself.
 * A test fails when something went wrong on its page.
 */
export function eachOnOwnersPage(
  give: (opened: OwnersPage) => void,
  options: WorldOptions = {},
): void {
  let world: World;
  let context: BrowserContext;
  let opened: WatchedPage;

  beforeAll(async () => {
    world = await startWorld(options);
    context = await world.browseAsOwner();
  });
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(async () => {
    opened = await world.open(context);
    give({ world, page: opened.page });
  });
  afterEach(async () => {
    expect(opened.faults).toEqual([]);
    await opened.page.close();
  });
}
