import { createHash, randomBytes } from "node:crypto";
import { ApiError, type Clock, invalidField } from "@latchkey/engine";
import type { OperatorPersonRecord, PersonRole } from "../store/operator-persons.ts";
import type { Page, PageRequest } from "../store/records.ts";
import { DEPLOYMENT, type Store, type WriteContext } from "../store/store.ts";
import type { Links, Person } from "./people.ts";

/** A person who shall run the installation, as asked for. */
export interface OperatorPersonDraft {
  /** Unique, whatever the case of its letters. */
  readonly email: string;
  readonly name: string;
  readonly role: PersonRole;
  /** Slugs; `null` or absent: every API. */
  readonly apis?: readonly string[] | null | undefined;
}

type Deed = Omit<WriteContext, "at" | "api">;

/** The use cases of operators who are persons; only owners of every API may call those that write. */
export interface OperatorPersons {
  /**
   * `link` only when there is no mail server. @throws {ApiError} `CONFLICT`: a taken e-mail;
   * `MAIL_NOT_SENT`: there is such a person now, who can be invited again.
   */
  create(
    deed: Deed,
    draft: OperatorPersonDraft,
  ): Promise<{ readonly person: OperatorPersonRecord; readonly link: string | undefined }>;
  /**
   * Invites somebody once more who has not come yet; the link before ends. @throws {ApiError}
   * `NOT_FOUND`; `CONFLICT`: they have; `MAIL_NOT_SENT`.
   */
  invite(deed: Deed, id: string): Promise<{ readonly link: string | undefined }>;
  list(page: PageRequest): Promise<Page<OperatorPersonRecord>>;
  /** @throws {ApiError} `NOT_FOUND`; `CONFLICT`: no owner of every API would be left. */
  update(
    deed: Deed,
    id: string,
    changes: Partial<Omit<OperatorPersonDraft, "email">>,
  ): Promise<OperatorPersonRecord>;
  /** @throws {ApiError} As `update`. */
  remove(deed: Deed, id: string): Promise<void>;
}

/** Operators of the deployment, kept in `store`; `apis` are the slugs that exist. */
export function createOperatorPersons(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly links: Links;
  readonly apis: ReadonlySet<string>;
}): OperatorPersons {
  const { store, clock, links, apis } = parts;
  const context = (deed: Deed) => ({ ...deed, api: DEPLOYMENT, at: clock() });

  /** Whether the person has taken an invitation up. @throws {ApiError} `NOT_FOUND` */
  async function hasCome(id: string): Promise<boolean> {
    const found = await store.people.find(DEPLOYMENT, id);
    if (found === undefined) throw new ApiError("NOT_FOUND", "There is no such operator.");
    return found.passwordHash !== null;
  }

  function checkApis(wanted: readonly string[] | null | undefined): void {
    const at = wanted?.findIndex((slug) => !apis.has(slug)) ?? -1;
    if (at === -1) return;
    const message = `There is no API ${JSON.stringify(wanted?.[at])}.`;
    throw invalidField(`apis[${at}]`, message);
  }

  return {
    async create(deed, { email, name, role, apis: wanted = null }) {
      checkApis(wanted);
      const id = `opr_${randomBytes(12).toString("hex")}`;
      const input = { id, email, name, role, apis: wanted, passwordHash: null };
      const { output } = await store.write("createOperatorPerson", input, context(deed));
      // A repeated call answers who was made by the first, and may come after their first sign-in.
      if (await hasCome(output.id)) return { person: output, link: undefined };
      const invitation = { ...deed, idempotency: ofSecondWrite(deed.idempotency) };
      return { person: output, ...(await links.invite(personOf(output.id), invitation)) };
    },
    async invite(deed, id) {
      if (await hasCome(id)) {
        throw new ApiError("CONFLICT", "This operator has taken the invitation up.");
      }
      return links.invite(personOf(id), deed);
    },
    list: (page) => store.operatorPersons.list(page),
    async update(deed, id, changes) {
      checkApis(changes.apis);
      const { name, role, apis: wanted } = changes;
      const input = { id, name, role, apis: wanted };
      return (await store.write("updateOperatorPerson", input, context(deed))).output;
    },
    async remove(deed, id) {
      await store.write("removeOperatorPerson", { id }, context(deed));
    },
  };
}

/** A call that writes twice claims twice: each write finds its own answer when it is repeated. */
function ofSecondWrite(first: WriteContext["idempotency"]): WriteContext["idempotency"] {
  if (first === undefined) return undefined;
  const keyDigest = createHash("sha256").update("second/").update(first.keyDigest).digest();
  return { ...first, keyDigest };
}

const personOf = (id: string): Person => ({ kind: "operator", api: null, id });
