import { writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Vitest reporter for `scripts/test.mjs`: writes what the closing line needs, as JSON, to the file
 * that `TEST_RESULTS_FILE` names. A file that does not load and a hook that throws count as one
 * failure each: the tests they take with them would otherwise pass for skipped.
 *
 * `failures` is a line for each failure, so that a log of which only the beginning is kept still
 * says what failed and why.
 */
export default class PlainReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const resultsFile = process.env.TEST_RESULTS_FILE;
    if (resultsFile === undefined) return;
    /** @type {{ passed: number, failures: string[], skipped: string[] }} */
    const results = {
      passed: 0,
      failures: linesOf("outside any test", unhandledErrors),
      skipped: [],
    };
    for (const module of modules) {
      const file = module.relativeModuleId;
      results.failures.push(...linesOf(file, module.errors()));
      for (const suite of module.children.allSuites()) {
        results.failures.push(...linesOf(`${file}: ${suite.fullName}`, suite.errors()));
      }
      for (const test of module.children.allTests()) {
        const name = `${file}: ${test.fullName}`;
        const { state, errors } = test.result();
        if (state === "passed") results.passed += 1;
        else if (state === "failed") results.failures.push(linesOf(name, errors)[0] ?? name);
        else results.skipped.push(name);
      }
    }
    writeFileSync(resultsFile, JSON.stringify(results));
  }
}

const LONGEST_MESSAGE = 300;

/**
 * @param {string} name
 * @param {readonly unknown[]} errors
 */
function linesOf(name, errors) {
  return errors.map((error) => {
    const { message, stacks } = /** @type {import("vitest").TestError} */ (error);
    const at = stacks?.[0];
    const place = at === undefined ? "" : ` (${path.basename(at.file)}:${at.line})`;
    return `${name}: ${String(message).replaceAll(/\s+/g, " ").slice(0, LONGEST_MESSAGE)}${place}`;
  });
}
