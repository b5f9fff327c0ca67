/** Endpoints below a mount. */
export const ENDPOINT =
  /^\/oauth\/(?:authorize|token|jwks|userinfo|introspect|revoke|register|device|par|logout)(?:[/?]|$)/;
/** The same of an API whose own document has other paths; `/v2` before them changes nothing. */
export const CALCOM_ENDPOINT =
  /^(?:\/v2)?(\/auth\/oauth2\/authorize(?:[/?].*)?|\/oauth\/(?:jwks|introspect|revoke)(?:\?.*)?)$/;
/** What an issuer and a resource say of themselves, below a mount. */
export const DOCUMENT =
  /^\/\.well-known\/(oauth-authorization-server|openid-configuration|oauth-protected-resource)(?:\?|$)/;
/** RFC 8414 §3.1, RFC 9728 §3.1: the issuer's path comes after the document's name. */
export const ROOT_DOCUMENT =
  /^(\/\.well-known\/(?:oauth-authorization-server|openid-configuration|oauth-protected-resource))\/([a-z0-9-]+)(?=\?|$)/;

/** What answers a resource server by whether a token holds. */
export const ON_TOKEN = /^\/oauth\/(?:introspect|userinfo)(?:[/?]|$)/;

/** What asks about a token, or ends it. */
export const ABOUT_TOKEN = /^\/oauth\/(?:introspect|revoke)(?:\?|$)/;
