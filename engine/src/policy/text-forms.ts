import type { TextForm } from "./shape.ts";

/** Names of renderers and schemes. */
export const NAME: TextForm = {
  pattern: /^[a-z][a-z0-9-]{0,63}$/,
  expected: "a name in lower case",
};

/** RFC 6749 §3.3, without "*", which stands for other scopes. */
export const SCOPE: TextForm = {
  pattern: /^[A-Za-z0-9][!#-)+-[\]-~]{0,127}$/,
  expected: "a scope: 1 to 128 visible characters without *, quotes and backslashes",
};

/** Names of headers, as they are compared. */
export const HEADER: TextForm = {
  pattern: /^[a-z0-9][a-z0-9-]{0,63}$/,
  expected: "the name of a header in lower case",
};

/** Names of plans, as accounts have them. */
export const PLAN: TextForm = {
  pattern: /^[^\p{Cc}]{1,100}$/u,
  expected: "the name of a plan, of at most 100 characters",
};

/** Names of families of endpoints, as documents group them. */
export const FAMILY: TextForm = {
  pattern: /^[!-~](?:[ -~]{0,62}[!-~])?$/,
  expected: 'the name of a family of endpoints, such as "Orgs / Teams", of at most 64 characters',
};

/** Places that people may be led to, as `Policy.returnUrls` says. */
export const RETURN_URL: TextForm = {
  pattern:
    /^(?=.{1,512}$)(?:https:\/\/(?:\*|[a-z0-9.-]{1,253})|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/,
  expected: 'an https address without a query, such as "https://app.acme.com/settings"',
  isUrl: true,
};

/** Pages that people are sent to: by TLS, or on one's own machine. */
export const PAGE_URL: TextForm = {
  pattern:
    /^(?:https:\/\/[a-z0-9.-]{1,253}|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(?:\/[^\s#]{0,1000})?$/,
  expected: "an https address, or http on localhost, without a fragment",
  isUrl: true,
};
