/** The command cannot be read; the message says why, and holds no part of its values. */
export class CurlError extends Error {}
