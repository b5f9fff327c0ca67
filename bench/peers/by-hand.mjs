import { createHash, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import express from "express";

// What people write today: keys hashed in PostgreSQL, looked up for each request, and one limit that
// is counted in Redis.
const peers = createRequire(process.env.PEERS ?? "");
const pg = createRequire(new URL("../../server/package.json", import.meta.url))("pg");
const { rateLimit } = peers("express-rate-limit");
const { RedisStore } = peers("rate-limit-redis");
const { createClient } = peers("redis");

const KEYS = 10_000;
const digestOf = (/** @type {string} */ key) => createHash("sha256").update(key).digest();

const pool = new pg.Pool({ connectionString: process.env.POSTGRES });
await pool.query(`create table api_key (
  id text primary key, digest bytea not null unique, account_id text not null,
  scopes text[] not null, expires_at timestamptz, revoked_at timestamptz)`);
const digests = Array.from({ length: KEYS }, (_, i) =>
  i === 0 ? digestOf(process.env.KEY ?? "") : randomBytes(32),
);
await pool.query(
  `insert into api_key select 'key_' || n, digest, 'acct_' || n, '{read:users}', null, null
   from unnest($1::bytea[]) with ordinality as each (digest, n)`,
  [digests],
);
await pool.query("analyze api_key");
const redis = await createClient({ url: process.env.REDIS }).connect();

const app = express();
app.use(async (request, response, next) => {
  const [scheme, key = ""] = (request.headers.authorization ?? "").split(" ");
  const { rows } = await pool.query("select * from api_key where digest = $1", [digestOf(key)]);
  const [found] = rows;
  const isOver = found?.expires_at !== null && found?.expires_at <= new Date();
  if (scheme !== "Bearer" || !found || found.revoked_at !== null || isOver) {
    response.status(401).json({ error: "unauthorized" });
    return;
  }
  if (!found.scopes.includes("read:users")) {
    response.status(403).json({ error: "forbidden" });
    return;
  }
  response.locals.key = found;
  next();
});
app.use(
  rateLimit({
    windowMs: 3_600_000,
    limit: 1_000_000_000,
    standardHeaders: "draft-8",
    keyGenerator: (/** @type {unknown} */ _request, /** @type {express.Response} */ response) =>
      response.locals.key.id,
    store: new RedisStore({
      sendCommand: (/** @type {string[]} */ ...words) => redis.sendCommand(words),
    }),
  }),
);
app.get("/{*path}", (_request, response) => {
  response.json({ hello: "world" });
});
app.listen(Number(process.env.PORT), "127.0.0.1");
