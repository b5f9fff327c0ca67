import { client } from "../client.ts";
import type { Secret } from "../elements/secret.tsx";
import { jwtSample, signingKeySample } from "./samples.ts";

/** What the lists of all kinds show. */
export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  readonly status: string;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly expiresAt: string | null;
  /** A pair that was made elsewhere has no successor here. */
  readonly canRotate: boolean;
}

/** A secret that was just made, and how to use it. */
export interface Issued {
  readonly secrets: readonly Secret[];
  /** In JavaScript, where there is one. */
  readonly sample?: string;
}

interface ListQuery {
  readonly api: string;
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly accountId: string | undefined;
}

/** One kind of key: how it is called, listed, made and ended. */
export interface Kind {
  readonly scheme: string;
  readonly path: string;
  readonly title: string;
  readonly noun: string;
  readonly about: string;
  /** What is asked for beside the account. */
  readonly field: { readonly label: string; readonly description: string };
  list(
    query: ListQuery,
    signal: AbortSignal,
  ): Promise<{ readonly data: readonly KeyRow[]; readonly nextCursor: string | null }>;
  make(api: string, draft: { accountId: string; field: string }): Promise<Issued>;
  rotate(api: string, id: string): Promise<Issued>;
  revoke(api: string, id: string): Promise<unknown>;
}

const signingKeys: Kind = {
  scheme: "customer-jwt",
  path: "signing-keys",
  title: "Signing keys",
  noun: "signing key",
  about: "The customer signs its users' tokens with the private key; only the public one is kept.",
  field: { label: "Name", description: "Where it is used." },
  async list(query, signal) {
    const { data, nextCursor } = await client.listSigningKeys(query, { signal });
    return { data: data.map((key) => ({ ...key, canRotate: !key.brought })), nextCursor };
  },
  async make(api, { accountId, field }) {
    return signingKey(await client.issueSigningKey({ api, body: { accountId, name: field } }));
  },
  rotate: async (api, id) => signingKey(await client.rotateSigningKey({ api, id })),
  revoke: (api, id) => client.revokeSigningKey({ api, id }),
};

function signingKey({ id, privateKey = "" }: { id: string; privateKey?: string }): Issued {
  return {
    secrets: [{ label: `Private key ${id}`, value: privateKey, fileName: `${id}.pem` }],
    sample: signingKeySample(id),
  };
}

const jwtSecrets: Kind = {
  scheme: "shared-secret-jwt",
  path: "jwt-secrets",
  title: "JWT secrets",
  noun: "JWT secret",
  about: "The customer signs tokens with it (HS256) and names itself in them as the issuer.",
  field: { label: "Issuer", description: "`iss` of its tokens; one in the whole API." },
  async list(query, signal) {
    const { data, nextCursor } = await client.listJwtSecrets(query, { signal });
    const rows = data.map((each) => ({ ...each, name: each.issuer, canRotate: true }));
    return { data: rows, nextCursor };
  },
  async make(api, { accountId, field }) {
    const made = await client.issueJwtSecret({ api, body: { accountId, issuer: field } });
    return jwtSecret(made);
  },
  rotate: async (api, id) => jwtSecret(await client.rotateJwtSecret({ api, id })),
  revoke: (api, id) => client.revokeJwtSecret({ api, id }),
};

function jwtSecret({ id, secret, issuer }: { id: string; secret: string; issuer: string }): Issued {
  return {
    secrets: [{ label: "JWT secret", value: secret, fileName: `${id}.txt` }],
    sample: jwtSample(issuer),
  };
}

const organizationKeys: Kind = {
  scheme: "signed-request",
  path: "organization-keys",
  title: "Organization keys",
  noun: "organization key",
  about: "An organization signs for its users with the app secret, and is named by the app key.",
  field: { label: "Name", description: "Where it is used." },
  async list(query, signal) {
    const { data, nextCursor } = await client.listOrganizationKeys(query, { signal });
    return { data: data.map((each) => ({ ...each, canRotate: true })), nextCursor };
  },
  async make(api, { accountId, field }) {
    const body = { accountId, name: field };
    return organizationKey(await client.issueOrganizationKey({ api, body }));
  },
  rotate: async (api, id) => organizationKey(await client.rotateOrganizationKey({ api, id })),
  revoke: (api, id) => client.revokeOrganizationKey({ api, id }),
};

function organizationKey(issued: { id: string; appKey: string; appSecret: string }): Issued {
  const { id, appKey, appSecret } = issued;
  return {
    secrets: [
      { label: "App key", value: appKey, fileName: `${id}.txt` },
      { label: "App secret", value: appSecret, fileName: `${id}-secret.txt` },
    ],
  };
}

/** In the order of their tabs. */
export const KINDS: readonly Kind[] = [signingKeys, jwtSecrets, organizationKeys];
