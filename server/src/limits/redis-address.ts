/** Where Redis is and as whom to go there. Only `name` may be shown. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** `host:port`. */
  readonly name: string;
}

/** Reads `redis[s]://[user[:password]@]host[:port][/database]`; throws `TypeError` if it is none. */
export function parseRedisUrl(text: string): RedisAddress {
  const url = URL.parse(text);
  const database = Number(url?.pathname.slice(1) || 0);
  // The text may hold a password, so what is wrong with it stays unsaid.
  if (url === null || url.hostname === "" || !Number.isInteger(database)) {
    throw new TypeError("not the address of a Redis");
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || 6379);
  return {
    host,
    port,
    tls: url.protocol === "rediss:",
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    database,
    name: `${host}:${port}`,
  };
}
