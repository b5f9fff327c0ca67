import { defineConfig } from "vitest/config";

const conditions = ["latchkey-src"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      "{engine,server,sdk}/src/**/*.test.ts",
      "test/**/*.test.ts",
      "scripts/**/*.test.{mjs,ts}",
    ],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What comes late on a busy machine has come; what does not come fails all the same.
    expect: { poll: { timeout: 10_000 } },
  },
});
