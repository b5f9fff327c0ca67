import type { CompiledPolicy } from "@latchkey/engine";
import { type Static, Type } from "typebox";
import { Nullable, Ref } from "./base.ts";
import { brandingForm, toBranding } from "./branding.ts";

/** An API on the wire. */
export const Api = Type.Object(
  {
    slug: Type.String(),
    profile: Type.String({ description: "The profile whose answers its clients get." }),
    mount: Type.String({ description: "The address below which its clients find it." }),
    hosts: Type.Array(Type.String(), { description: "Host names whose root is the mount too." }),
    policyDigest: Type.String({ description: "Two processes with the same digest decide alike." }),
  },
  { $id: "Api" },
);

/** An API with what who makes credentials for it must know. */
export const ApiDetail = Type.Object(
  {
    ...Api.properties,
    scopes: Type.Array(Type.Object({ name: Type.String(), title: Type.String() })),
    schemes: Type.Array(Type.String(), { description: "The ways to authenticate that it takes." }),
    plans: Type.Array(Type.String(), { description: "Lowest first." }),
    branding: Nullable(brandingForm),
    hasOAuth: Type.Boolean({ description: "Whether it has an authorization server." }),
  },
  { $id: "ApiDetail" },
);

/** `GET /v1/apis`. */
export const ApiList = Type.Object({ data: Type.Array(Ref(Api)) }, { $id: "ApiList" });

/** The API as it goes over the wire; its mount is below the public URL or on its own host. */
export function toApi({ policy, digest }: CompiledPolicy, publicUrl: string): Static<typeof Api> {
  const [host] = policy.hosts;
  return {
    slug: policy.slug,
    profile: policy.renderer,
    mount: host === undefined ? `${publicUrl}/${policy.slug}` : `https://${host}`,
    hosts: [...policy.hosts],
    policyDigest: digest,
  };
}

/** The same with its scopes, schemes and plans. */
export function toApiDetail(policy: CompiledPolicy, publicUrl: string): Static<typeof ApiDetail> {
  const { scopes, schemes, plans, oauth } = policy.policy;
  return {
    ...toApi(policy, publicUrl),
    scopes: Object.entries(scopes).map(([name, { title }]) => ({ name, title })),
    schemes: [...schemes],
    plans: [...plans],
    branding: toBranding(policy.policy),
    hasOAuth: oauth !== null,
  };
}
