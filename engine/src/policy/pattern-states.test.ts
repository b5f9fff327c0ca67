import { expect, test } from "vitest";
import { RequestPath } from "../domain/path.ts";
import { readPattern } from "./pattern.ts";
import { PatternStates } from "./pattern-states.ts";
import { growTree, NO_RULE } from "./pattern-tree.ts";

/** Takes a path that begins with `/`, as a request for it would. */
function statesOf(matches: readonly string[]) {
  const patterns = matches.map((match, number) => {
    const reading = readPattern(match);
    if ("fault" in reading) throw new Error(reading.fault);
    return { ...reading.pattern, number };
  });
  const states = new PatternStates([growTree(patterns)]);
  const path = new RequestPath();
  const ruleOf = (target: string) => {
    if (!path.read(target, states, 0)) throw new Error(`no path: ${target}`);
    return states.ruleAt(path.state);
  };
  return { states, ruleOf };
}

test("needs no more states for paths that differ where a pattern takes anything", () => {
  const { states, ruleOf } = statesOf(["/v2/users/{id}", "/v2/users/me", "/v2/**"]);
  ruleOf("/v2/users/me");
  ruleOf("/v2/users/anybody/else");
  const before = states.size;
  for (let i = 0; i < 1000; i += 1) expect(ruleOf(`/v2/users/${i}/x${i}`)).toBe(2);
  expect(states.size - before).toBeLessThan(5);
});

test("takes a path with characters beyond ASCII where the pattern has them", () => {
  const { ruleOf } = statesOf(["/café", "/{any}/x"]);
  expect(ruleOf("/caf%C3%A9")).toBe(0);
  expect(ruleOf("/caf%C3%A8")).toBe(NO_RULE);
  expect(ruleOf("/caf%C3%A9/x")).toBe(1);
});

test("goes on finding rules when patterns overlap in more ways than are kept", () => {
  // Which of these a path can still become is another set for each choice of segments.
  const depth = 14;
  const matches = Array.from({ length: depth }, (_, i) => {
    const segments = Array.from({ length: depth }, (_, at) => (at === i ? "a" : "*"));
    return `/${segments.join("/")}`;
  });
  const { states, ruleOf } = statesOf(matches);
  for (let choice = 0; choice < 2 ** depth; choice += 1) {
    const segments = Array.from({ length: depth }, (_, at) => ((choice >> at) & 1 ? "a" : "b"));
    const first = segments.indexOf("a");
    expect(ruleOf(`/${segments.join("/")}`)).toBe(first === -1 ? NO_RULE : first);
  }
  expect(states.size).toBeLessThanOrEqual(4096);
});

test("keeps nothing of a state whose number another one has got", () => {
  const depth = 14;
  const overlapping = Array.from({ length: depth }, (_, i) => {
    const segments = Array.from({ length: depth }, (_, at) => (at === i ? "a" : "*"));
    return `/${segments.join("/")}`;
  });
  const { states, ruleOf } = statesOf(["/aq/x", ...overlapping]);
  const step = (state: number, text: string) => states.advance(state, text.charCodeAt(0));
  const early = step(0, "a");
  for (let choice = 0; states.size < 4096; choice += 1) {
    let state = 0;
    for (let at = 0; at < depth && states.size < 4096; at += 1) {
      state = step(state, (choice >> at) & 1 ? "a" : "b");
      if (states.size < 4096) state = step(state, "/");
    }
  }
  // To one for which there is no room: it gets the number that the early one had.
  expect(step(early, "q")).toBe(early);
  expect(ruleOf("/aq/x")).toBe(0);
  expect(ruleOf("/aqq/x")).toBe(NO_RULE);
});
