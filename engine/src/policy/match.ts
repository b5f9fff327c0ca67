import type { RequestPath } from "../domain/path.ts";
import type { Requirement } from "../domain/requirement.ts";
import type { ScopeBits } from "../domain/scope.ts";
import { type Pattern, parameterIndex, readPattern } from "./pattern.ts";
import { PatternStates } from "./pattern-states.ts";
import { growTree, type NumberedPattern } from "./pattern-tree.ts";
import type { EndpointRule, Policy } from "./policy.ts";
import { PolicyError } from "./policy-error.ts";
import type { ScopeRegistry } from "./scopes.ts";

/** A requirement with all that can be known before a request comes. */
export interface CompiledRequirement extends Requirement {
  readonly needed: ScopeBits;
  /** The same for the token of an application that acts for a user; `undefined`: it stays out. */
  readonly delegatedNeeded: ScopeBits | undefined;
  /** It accepts every kind of principal, and its path names no account. */
  readonly isForAnybody: boolean;
  /** Which segment of the path names the owner, counting from 0; -1 without one. */
  readonly ownerSegment: number;
  /** Which segment names the account acted for; -1 without one. */
  readonly accountSegment: number;
  /** Which segment is the parameter `clientId`, whoever it is about; -1 without one. */
  readonly clientSegment: number;
}

/** Finds what a request must bring. */
export interface Matcher {
  /** Reads the path of a request target; false for one that two servers could read differently. */
  readPath(path: RequestPath, method: string, target: string): boolean;
  /**
   * What the first rule asks that takes the path it read, else the policy's default; `undefined`
   * when that is to refuse.
   */
  requirementOf(path: RequestPath): CompiledRequirement | undefined;
}

/** Throws `PolicyError` for a pattern, scope or owner it cannot use. */
export function compileMatcher(
  policy: Pick<Policy, "endpoints" | "otherwise"> & Partial<Pick<Policy, "delegated">>,
  scopes: ScopeRegistry,
): Matcher {
  const patterns: NumberedPattern[] = [];
  const requirements = policy.endpoints.map((rule, number) => {
    const pattern = usablePattern(rule, number);
    patterns.push({ ...pattern, number });
    const isOpen = policy.delegated !== "scoped" || isOpenToTokens(rule);
    const compiled = compileRule(rule, pattern, scopes, number);
    return isOpen ? compiled : { ...compiled, delegatedNeeded: undefined };
  });
  const otherwise = defaultRequirement(policy, scopes);

  const named = new Set(patterns.map(({ method }) => method).filter((method) => method !== null));
  // First of all: what takes every method.
  const methods = [null, ...named];
  const trees = methods.map((method) =>
    growTree(patterns.filter((pattern) => pattern.method === null || pattern.method === method)),
  );
  const states = new PatternStates(trees);
  const begins = new Map(methods.map((method, state) => [method, state]));
  const get = begins.get("GET") ?? 0;
  begins.set("HEAD", get);

  // Express, Symfony and others route `delete` to the handler of `DELETE`.
  const beginOf = (method: string) => begins.get(method) ?? begins.get(method.toUpperCase()) ?? 0;

  return {
    readPath: (path, method, target) =>
      path.read(target, states, method === "GET" ? get : beginOf(method)),
    // No rule has the number that stands for none.
    requirementOf: (path) => requirements[states.ruleAt(path.state)] ?? otherwise,
  };
}

/** The owner that the path names, when the requirement has an owner parameter. */
export function ownerOf(requirement: CompiledRequirement, path: RequestPath): string | undefined {
  return path.segment(requirement.ownerSegment);
}

function usablePattern(rule: EndpointRule, number: number): Pattern {
  const reading = readPattern(rule.match);
  if ("pattern" in reading) return reading.pattern;
  const text = `${JSON.stringify(rule.match)} ${reading.fault}`;
  throw new PolicyError([{ path: `endpoints[${number}].match`, text }]);
}

/** Whether anything is said of tokens of applications that act for users. */
function isOpenToTokens({ anonymous, scopes, delegated }: EndpointRule): boolean {
  return anonymous || scopes.length > 0 || delegated !== undefined;
}

function compileRule(
  rule: EndpointRule,
  pattern: Pattern,
  scopes: ScopeRegistry,
  number: number,
): CompiledRequirement {
  const segmentOf = (member: "owner" | "account") => {
    const name = rule[member];
    const segment = name === null ? -1 : parameterIndex(pattern, name);
    if (name === null || segment !== -1) return segment;
    const text = `${JSON.stringify(name)} is not a parameter of ${JSON.stringify(rule.match)}`;
    throw new PolicyError([{ path: `endpoints[${number}].${member}`, text }]);
  };
  const accountSegment = segmentOf("account");
  return {
    ...rule,
    needed: scopes.needed(rule.scopes, `endpoints[${number}].scopes`),
    delegatedNeeded: scopes.needed(rule.delegated ?? rule.scopes, `endpoints[${number}].delegated`),
    isForAnybody: rule.accepts.length === 0 && accountSegment < 0,
    ownerSegment: segmentOf("owner"),
    accountSegment,
    clientSegment: parameterIndex(pattern, "clientId"),
  };
}

function defaultRequirement(
  { otherwise, delegated }: Parameters<typeof compileMatcher>[0],
  scopes: ScopeRegistry,
): CompiledRequirement | undefined {
  if (otherwise === "refuse") return undefined;
  const needed = scopes.needed([], "otherwise");
  return {
    match: "*",
    anonymous: otherwise === "anonymous",
    scopes: [],
    owner: null,
    accepts: [],
    context: "account",
    account: null,
    family: null,
    needed,
    delegatedNeeded: delegated === "scoped" && otherwise !== "anonymous" ? undefined : needed,
    isForAnybody: true,
    ownerSegment: -1,
    accountSegment: -1,
    clientSegment: -1,
  };
}
