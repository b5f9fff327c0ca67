/**
 * Whether something is yet to come. What it can do tells, and not of which class it is: where zone.js
 * or its like replaces the global `Promise`, what an async function returns is none of that.
 */
export function isPromised<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value;
}
