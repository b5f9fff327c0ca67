import { createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify } from "node:crypto";
import { createVerifier } from "fast-jwt";
import { importSPKI, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import type { AwaitedContender } from "./rounds.ts";
import { type TokenSet, verifiesAtFirstSight } from "./token-setup.ts";

const IN_FLIGHT = 64;

/** What Latchkey does with a token that it has never seen. */
export function latchkeyOf({ tokens, proof }: TokenSet): AwaitedContender {
  return inTurn("Latchkey, first sight", tokens, (token) => {
    return verifiesAtFirstSight(token, proof, Date.now());
  });
}

/** The primitive alone, with key, text and signature ready: the physical limit. */
export function bareOf({ algorithm, bare, pem, secret }: TokenSet): AwaitedContender {
  if (algorithm === "HS256") {
    return inTurn("bare createHmac", bare, ({ data, signature }) =>
      timingSafeEqual(createHmac("sha256", secret).update(data).digest(), signature),
    );
  }
  const key = { key: createPublicKey(pem), dsaEncoding: "ieee-p1363" } as const;
  return inTurn("bare crypto.verify", bare, ({ data, signature }) =>
    verify("sha256", data, key, signature),
  );
}

/** The libraries, each with its key ready, one algorithm allowed and no cache. */
export async function librariesOf(set: TokenSet): Promise<readonly AwaitedContender[]> {
  const { algorithm, tokens, pem, secret } = set;
  const isPublic = algorithm === "ES256";
  const key = isPublic ? createPublicKey(pem) : createSecretKey(secret);
  const fast = createVerifier({
    key: isPublic ? pem : Buffer.from(secret),
    algorithms: [algorithm],
    cache: false,
  });
  const joseKey = isPublic ? await importSPKI(pem, algorithm) : secret;
  const jose = async (token: string) => {
    await jwtVerify(token, joseKey, { algorithms: [algorithm] });
  };
  const next = cursor(tokens);
  return [
    inTurn("fast-jwt, cache off", tokens, (token) => fast(token) !== undefined),
    inTurn("jsonwebtoken", tokens, (token) => {
      return jsonwebtoken.verify(token, key, { algorithms: [algorithm] }) !== undefined;
    }),
    {
      name: "jose, one by one",
      async run(times) {
        for (let i = 0; i < times; i += 1) await jose(next());
      },
    },
    {
      name: `jose, ${IN_FLIGHT} in flight`,
      async run(times) {
        let left = times;
        const worker = async () => {
          for (; left > 0; left -= 1) await jose(next());
        };
        await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
      },
    },
  ];
}

function inTurn<Item>(
  name: string,
  items: readonly Item[],
  accepts: (item: Item) => boolean,
): AwaitedContender {
  const next = cursor(items);
  return {
    name,
    run(times) {
      for (let i = 0; i < times; i += 1) if (!accepts(next())) throw new Error(`${name} refused`);
    },
  };
}

/** The items in turn, for ever. */
function cursor<Item>(items: readonly Item[]): () => Item {
  let at = -1;
  return () => {
    at = at + 1 === items.length ? 0 : at + 1;
    return items[at] as Item;
  };
}
