import { afterEach, beforeEach, expect, test } from "vitest";
import { aContext, anAccount, anApiKey, aUser } from "../../testing/builders.ts";
import { NOW } from "../../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../../testing/temporary-sqlite.ts";
import { migrations } from "../migrations/index.ts";
import { migrate } from "../migrations/migrate.ts";
import type { CommandRequest } from "../run-command.ts";
import { connect } from "./connection.ts";
import { kyselyOn } from "./dialect.ts";
import { groupCommit, type Outcome, type Writer } from "./group-commit.ts";
import { migrationSession } from "./migration-session.ts";

let file: TemporarySqlite;
let writer: Writer;

beforeEach(async () => {
  file = temporarySqlite();
  const connection = connect(file.path, "write");
  await migrate(migrationSession(connection, file.path), migrations, NOW);
  writer = { connection, db: kyselyOn(connection) };
  await groupCommit(writer, [request("createAccount", anAccount())]);
});

afterEach(() => {
  writer.connection.close();
  file.remove();
});

function request(name: CommandRequest["name"], input: unknown): CommandRequest {
  return { name, input, context: aContext(), claim: undefined, once: undefined };
}

const issue = (n: number, changes = {}) => request("issueCredential", anApiKey({ n, ...changes }));

/** What another connection sees: only what is committed. */
function committed(): readonly string[] {
  using reader = connect(file.path, "read");
  const rows = reader.prepare("select id from credential order by created_at, id").all();
  return rows.map((row) => String(row.id));
}

const codes = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === "done" ? "done" : outcome.error.code));

test("commits a batch as one, answered in the order of the requests", async () => {
  const outcomes = await groupCommit(writer, [issue(1), issue(2), issue(3)]);
  const seqs = outcomes.map((outcome) => outcome.kind === "done" && outcome.result.changes[0]?.seq);
  expect(seqs).toEqual([2, 3, 4]);
  expect(committed()).toEqual(["key_1", "key_2", "key_3"]);
});

test.each([
  ["a mistake of its caller", issue(9, { accountId: "acct_0" }), "INVALID_REQUEST"],
  ["a constraint", issue(9, { digest: anApiKey().digest }), "CONFLICT"],
  ["a bug", issue(9, { name: new Date(0) }), "INTERNAL"],
])("a command that fails for %s undoes only itself", async (_why, failing, code) => {
  const outcomes = await groupCommit(writer, [issue(1), failing, issue(2)]);
  expect(codes(outcomes)).toEqual(["done", code, "done"]);
  expect(committed()).toEqual(["key_1", "key_2"]);
  const [, , last] = outcomes;
  expect(last?.kind === "done" && last.result.changes[0]?.seq).toBe(3);
});

test("leaves nothing of a command that had written before it failed", async () => {
  const create = (id: string, email: string) => request("createUser", aUser({ id, email }));
  const outcomes = await groupCommit(writer, [
    create("user_1", "a@example.com"),
    create("user_2", "a@example.com"),
    create("user_3", "c@example.com"),
  ]);
  expect(codes(outcomes)).toEqual(["done", "CONFLICT", "done"]);
  // The failed one had taken number 2.
  expect(outcomes.at(-1)).toMatchObject({ result: { output: { number: 2 } } });
});

test("fails the whole batch when the file is full, and works again when there is room", async () => {
  const { connection } = writer;
  const pages = connection.prepare("pragma page_count").get()?.page_count;
  connection.exec(`pragma max_page_count = ${pages}`);
  const large = "x".repeat(20_000);
  const outcomes = await groupCommit(writer, [issue(1), issue(2, { name: large }), issue(3)]);
  expect(codes(outcomes)).toEqual(Array(3).fill("STORE_UNAVAILABLE"));
  expect(outcomes[0]?.kind === "failed" && outcomes[0].error.message).toContain("disk is full");
  expect(committed()).toEqual([]);
  connection.exec("pragma max_page_count = 1000000");
  expect(codes(await groupCommit(writer, [issue(1)]))).toEqual(["done"]);
});

test("fails the whole batch when the commit does", async () => {
  // A deferred foreign key that is broken is found by the commit and by nothing before it.
  writer.connection.exec(`
    create table parent (id text primary key) strict;
    create table child (id text references parent (id) deferrable initially deferred) strict;
    create trigger orphan after insert on credential when new.id = 'key_2'
      begin insert into child values ('none'); end`);
  const outcomes = await groupCommit(writer, [issue(1), issue(2), issue(3)]);
  expect(codes(outcomes)).toEqual(Array(3).fill("STORE_UNAVAILABLE"));
  expect(committed()).toEqual([]);
  expect(codes(await groupCommit(writer, [issue(1), issue(3)]))).toEqual(["done", "done"]);
});

test("fails the batch while another process holds the file, and works again after it", async () => {
  using other = connect(file.path, "write");
  other.exec("begin immediate");
  writer.connection.exec("pragma busy_timeout = 1");
  const outcomes = await groupCommit(writer, [issue(1)]);
  expect(codes(outcomes)).toEqual(["STORE_UNAVAILABLE"]);
  expect(outcomes[0]?.kind === "failed" && outcomes[0].error.message).toContain("another process");
  other.exec("rollback");
  expect(codes(await groupCommit(writer, [issue(1)]))).toEqual(["done"]);
});
