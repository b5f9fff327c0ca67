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
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
