import { secretDigest } from "@latchkey/engine";
import { expect, test } from "vitest";
import type { ChangeRecord, OperatorTokenRecord } from "../store/records.ts";
import { DEPLOYMENT } from "../store/store.ts";
import { openOperators } from "./operators.ts";

const RECORD: OperatorTokenRecord = {
  id: "op_1",
  name: "CI",
  role: "viewer",
  apis: ["standard"],
  createdAt: 0,
  revokedAt: null,
};
const DIGEST = secretDigest("token-1");
const LIVE = { ...RECORD, digest: DIGEST };
const change = (state: object): ChangeRecord => ({
  seq: 1,
  at: 0,
  kind: "operator_token",
  subjectId: "op_1",
  state: { ...RECORD, ...state, digest: Buffer.from(DIGEST).toString("hex") },
});

/** The two members of a store that are used, driven by hand: the order of events is the point. */
function aFeed() {
  let listener: (api: string, changes: readonly ChangeRecord[]) => void = () => undefined;
  const loaded = Promise.withResolvers<readonly (typeof LIVE)[]>();
  const live = () => loaded.promise;
  const store = {
    onChange(heard: typeof listener) {
      listener = heard;
    },
    operatorTokens: { live, list: async () => ({ items: [], next: null }) },
  };
  const emit = (api: string, ...changes: ChangeRecord[]) => listener(api, changes);
  return { store, emit, load: loaded.resolve };
}

async function opened() {
  const feed = aFeed();
  feed.load([LIVE]);
  const operators = await openOperators({ store: feed.store, bootstrapToken: "bootstrap-token" });
  return { ...feed, operators };
}

test("knows the stored tokens and the environment's, which is an owner of everything", async () => {
  const { operators } = await opened();
  expect(operators.byToken("token-1")).toEqual({
    id: "op_1",
    role: "viewer",
    apis: new Set(["standard"]),
  });
  expect(operators.byToken("bootstrap-token")).toEqual({
    id: "bootstrap",
    role: "owner",
    apis: null,
  });
  expect(operators.byToken("token-2")).toBeUndefined();
});

test("without the environment's token, nobody is an owner by default", async () => {
  const { store, load } = aFeed();
  load([]);
  const operators = await openOperators({ store, bootstrapToken: undefined });
  expect(operators.byToken("")).toBeUndefined();
  expect(operators.byToken("undefined")).toBeUndefined();
});

test("forgets a token with the change that revokes it, and learns one with the change that makes it", async () => {
  const { operators, emit } = await opened();
  emit(DEPLOYMENT, change({ revokedAt: 1 }));
  expect(operators.byToken("token-1")).toBeUndefined();
  emit(DEPLOYMENT, change({ id: "op_2" }));
  expect(operators.byToken("token-1")?.id).toBe("op_2");
});

test("takes no operator from the feed of an API, nor from another kind of change", async () => {
  const { operators, emit } = await opened();
  emit("standard", change({ revokedAt: 1 }));
  emit(DEPLOYMENT, { ...change({ revokedAt: 1 }), kind: "account" });
  expect(operators.byToken("token-1")?.id).toBe("op_1");
});

test("a token revoked while the first load is under way does not come back with it", async () => {
  const { store, emit, load } = aFeed();
  const opening = openOperators({ store, bootstrapToken: undefined });
  emit(DEPLOYMENT, change({ revokedAt: 1 }));
  load([LIVE]);
  expect((await opening).byToken("token-1")).toBeUndefined();
});

test("refuses more than one Authorization line", async () => {
  const { operators } = await opened();
  const headers = ["Authorization", "Bearer token-1", "authorization", "Bearer token-1"];
  expect(() => operators.byHeaders(headers)).toThrow(
    expect.objectContaining({ code: "INVALID_REQUEST" }),
  );
});
