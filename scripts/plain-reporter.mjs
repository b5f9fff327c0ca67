import { writeFileSync } from "node:fs";

/**
 * Vitest reporter for `scripts/test.mjs`: writes what the closing line needs, as JSON, to the file
 * that `TEST_RESULTS_FILE` names. A file that does not load and a hook that throws count as one
 * failure each: the tests they take with them would otherwise pass for skipped.
 */
export default class PlainReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env.TEST_RESULTS_FILE;
    if (file === undefined) return;
    /** @type {{ passed: number, failed: number, skipped: string[] }} */
    const results = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      results.failed += module.errors().length;
      for (const suite of module.children.allSuites()) results.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") results.passed += 1;
        else if (state === "failed") results.failed += 1;
        else results.skipped.push(`${module.relativeModuleId}: ${test.fullName}`);
      }
    }
    writeFileSync(file, JSON.stringify(results));
  }
}
