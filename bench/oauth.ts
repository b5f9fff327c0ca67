import path from "node:path";
import { type Contender, measure, print, printRatios } from "./contenders.ts";
import { newInstallation, registerApplication } from "./latchkey-process.ts";
import type { Chains, Shot } from "./load.ts";
import { freePort, type Running, start, untilReady } from "./pinned-process.ts";
import { latchkeyChains, libraryChains } from "./refresh.ts";

/** The client of `peers/oidc-map.mjs`. */
const PEERS_CLIENT = { id: "bench", secret: "a secret of the benchmarks, long enough" };

interface Client {
  readonly id: string;
  readonly secret: string;
}

/**
 * Issuing, refreshing and introspecting access tokens over HTTP, beside the library alone on a `Map`
 * and beside a handler that answers 200 to anything. What we add is what lies in the database: each
 * token is a row that was written to the disk before its answer. A refresh rotates: 64 are under way,
 * each of a grant of its own, with the token that the answer before it brought.
 */
export async function benchOAuth(length: {
  readonly rounds: number;
  readonly seconds: number;
}): Promise<void> {
  const installation = newInstallation();
  const started: Running[] = [];
  try {
    const { origin, ...latchkey } = await installation.start();
    started.push(latchkey);
    await untilReady(latchkey, `${origin}/readyz`);
    const register = (format: "opaque" | "jwt") =>
      registerApplication(origin, installation.operatorToken, format);
    const mount = `${origin}/standard`;
    const ours = async (
      name: string,
      shot: Shot | Promise<Shot> | Promise<Chains>,
    ): Promise<Contender> => {
      return { name, running: latchkey, shot: await shot, decisions: 1 };
    };
    const [opaque, jwt] = [await register("opaque"), await register("jwt")];

    const library = await startPeer("oidc-map");
    const bare = await startPeer("bare-http");
    started.push(library.running, bare.running);
    const [
      issueOpaque,
      issueJwt,
      issueLibrary,
      refreshed,
      refreshedLibrary,
      asked,
      askedLibrary,
      nothing,
    ] = measure(
      [
        await ours("issue, opaque", issueShot(mount, opaque)),
        await ours("issue, JWT", issueShot(mount, jwt)),
        { ...library, name: "library, issue", shot: issueShot(library.origin, PEERS_CLIENT) },
        await ours("refresh", latchkeyChains(origin, installation.operatorToken)),
        {
          ...library,
          name: "library, refresh",
          shot: await libraryChains(library.origin, PEERS_CLIENT),
        },
        await ours("introspect", introspectShot(mount, opaque)),
        {
          ...library,
          name: "library, introspect",
          shot: await introspectShot(library.origin, PEERS_CLIENT),
        },
        { ...bare, name: "bare-http", shot: issueShot(bare.origin, PEERS_CLIENT) },
      ],
      length,
    );
    print([
      issueOpaque,
      issueJwt,
      issueLibrary,
      refreshed,
      refreshedLibrary,
      asked,
      askedLibrary,
      nothing,
    ]);
    printRatios([
      ["issue, opaque ÷ library on a Map", issueOpaque, issueLibrary, ""],
      ["issue, JWT ÷ issue, opaque", issueJwt, issueOpaque, ""],
      ["refresh ÷ library on a Map", refreshed, refreshedLibrary, ""],
      ["introspect ÷ library on a Map", asked, askedLibrary, ""],
      ["issue, opaque ÷ bare-http", issueOpaque, nothing, ""],
      ["refresh ÷ bare-http", refreshed, nothing, ""],
    ]);
  } finally {
    await Promise.all(started.map((each) => each.stop()));
    installation.remove();
  }
}

async function startPeer(file: string) {
  const port = await freePort();
  const program = path.join(import.meta.dirname, "peers", `${file}.mjs`);
  const env = { ...process.env, PORT: String(port) };
  const running = start("server", [process.execPath, program], { env });
  const origin = `http://127.0.0.1:${port}`;
  await untilReady(running, `${origin}/readyz`);
  return { running, origin, decisions: 1 };
}

function post(url: string, params: Record<string, string>): Shot {
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  return { url, method: "POST", headers, body: String(new URLSearchParams(params)) };
}

function issueShot(issuer: string, { id, secret }: Client): Shot {
  const client = { client_id: id, client_secret: secret };
  return post(`${issuer}/oauth/token`, {
    ...{ grant_type: "client_credentials", scope: "read:users", ...client },
  });
}

/** About a token that is issued first. */
async function introspectShot(issuer: string, client: Client): Promise<Shot> {
  const { url, headers, body } = issueShot(issuer, client);
  const answer = await fetch(url, { method: "POST", headers, body });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const { id: client_id, secret: client_secret } = client;
  return post(`${issuer}/oauth/introspect`, { client_id, client_secret, token });
}
