import type { RequestPath } from "../domain/path.ts";
import type { Requirement } from "../domain/requirement.ts";
import type { ScopeBits } from "../domain/scope.ts";
import { type Pattern, parameterIndex, readPattern } from "./pattern.ts";
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
  /**
   * What the first matching rule asks, else the policy's default; `undefined` when that is to
   * refuse. Allocates nothing.
   */
  match(method: string, path: RequestPath): CompiledRequirement | undefined;
}

/** One step into the path. Rules are numbered in their order; `NONE` is no rule. */
interface Branch {
  readonly literals: Literal[];
  one: Branch | undefined;
  /** The first rule whose pattern ends here. */
  end: number;
  /** The first rule that takes any rest from here. */
  rest: number;
  /** The first of all rules from here on: what lets a search stop early. */
  first: number;
}

interface Literal {
  readonly text: string;
  readonly length: number;
  /** The text as UTF-16. */
  readonly codes: readonly number[];
  readonly branch: Branch;
}

interface NumberedPattern extends Pattern {
  readonly number: number;
}

const NONE = 0x3fffffff;

/**
 * Builds one tree of path segments for each method, so that the time to match grows with the path
 * and not with the number of rules. Throws `PolicyError` for a pattern, scope or owner it cannot
 * use.
 */
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

  const methods = new Set(patterns.map(({ method }) => method).filter((method) => method !== null));
  const trees = new Map<string, Branch>();
  for (const method of methods) {
    trees.set(method, growTree(patterns.filter((p) => p.method === null || p.method === method)));
  }
  const anyMethod = growTree(patterns.filter((pattern) => pattern.method === null));
  const get = trees.get("GET") ?? anyMethod;
  trees.set("HEAD", get);

  // Express, Symfony and others route `delete` to the handler of `DELETE`.
  const treeOf = (method: string) => trees.get(method) ?? trees.get(method.toUpperCase());

  return {
    match(method, path) {
      const tree = method === "GET" ? get : (treeOf(method) ?? anyMethod);
      const number = firstRule(tree, path, 0, NONE);
      return number === NONE ? otherwise : requirements[number];
    },
  };
}

/** The owner that the path names, when the requirement has an owner parameter. */
export function ownerOf(requirement: CompiledRequirement, path: RequestPath): string | undefined {
  return parameterOf(path, requirement.ownerSegment);
}

/** What the path has at a segment of a pattern that it matched; `undefined` for segment -1. */
export function parameterOf(path: RequestPath, segment: number): string | undefined {
  if (segment < 0 || segment >= path.segments) return undefined;
  return path.text.slice(path.startOf(segment), path.endOf(segment));
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

function emptyBranch(): Branch {
  return { literals: [], one: undefined, end: NONE, rest: NONE, first: NONE };
}

function growTree(patterns: readonly NumberedPattern[]): Branch {
  const root = emptyBranch();
  for (const { segments, rest, number } of patterns) {
    let branch = root;
    branch.first = Math.min(branch.first, number);
    for (const segment of segments) {
      if (segment.kind === "literal") {
        let literal = branch.literals.find(({ text }) => text === segment.text);
        if (literal === undefined) {
          const { text } = segment;
          const codes = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
          literal = { text, length: text.length, codes, branch: emptyBranch() };
          branch.literals.push(literal);
        }
        branch = literal.branch;
      } else {
        branch.one ??= emptyBranch();
        branch = branch.one;
      }
      branch.first = Math.min(branch.first, number);
    }
    if (rest) branch.rest = Math.min(branch.rest, number);
    else branch.end = Math.min(branch.end, number);
  }
  return root;
}

/**
 * The lowest rule number below `limit` that takes the path from segment number `first` on; else
 * `limit`. Visits each branch of the tree at most once.
 */
function firstRule(from: Branch, path: RequestPath, first: number, limit: number): number {
  let branch = from;
  let found = limit;
  for (let segment = first; ; segment += 1) {
    if (branch.rest < found) found = branch.rest;
    if (segment === path.segments) return branch.end < found ? branch.end : found;
    const { one } = branch;
    const literal = literalAt(branch, path, segment);
    const isOneWorse = one === undefined || one.first >= found;
    if (literal === undefined || literal.first >= found) {
      if (isOneWorse) return found;
      branch = one;
    } else if (isOneWorse) {
      branch = literal;
    } else {
      found = firstRule(literal, path, segment + 1, found);
      if (one.first >= found) return found;
      branch = one;
    }
  }
}

function literalAt({ literals }: Branch, path: RequestPath, segment: number): Branch | undefined {
  if (literals.length === 0) return undefined;
  const start = path.startOf(segment);
  const length = path.endOf(segment) - start;
  for (let i = 0; i < literals.length; i += 1) {
    const literal = literals[i] as Literal;
    if (literal.length === length && path.hasAt(start, literal.codes)) return literal.branch;
  }
  return undefined;
}
