import type { Clock } from "@latchkey/engine";
import { accountReads } from "./accounts.ts";
import { applicationReads } from "./applications.ts";
import type { Ask } from "./ask.ts";
import type { Backend } from "./backend.ts";
import { changeReads, readHeads } from "./changes.ts";
import { childAccountReads } from "./child-accounts.ts";
import type { CommandInput, CommandName, CommandOutput } from "./commands.ts";
import { consentReads } from "./consents.ts";
import { credentialReads } from "./credential-reads.ts";
import { eventReads } from "./events.ts";
import { startFeeds } from "./feeds.ts";
import { startForgetting } from "./forgetting.ts";
import { grantReads } from "./grants.ts";
import { issuerKeyReads } from "./issuer-keys.ts";
import { keyringReads } from "./keyring.ts";
import { logoutNoticeReads } from "./logout-notices.ts";
import { managedUserReads } from "./managed-user-rows.ts";
import { oauthArtifactReads } from "./oauth-artifacts.ts";
import { oauthClientReads } from "./oauth-clients.ts";
import { oneTimeUseReads } from "./one-time-use.ts";
import { operatorPersonReads } from "./operator-persons.ts";
import { operatorTokenReads } from "./operator-tokens.ts";
import { overviewReads } from "./overview.ts";
import { passkeyReads } from "./passkeys.ts";
import { peopleReads } from "./people.ts";
import { policyReads } from "./policies.ts";
import { portalLinkReads } from "./portal-sessions.ts";
import { requestReads } from "./requests.ts";
import { sealedReads } from "./resealing.ts";
import { secondFactorReads } from "./second-factors.ts";
import { sessionReads } from "./sessions.ts";
import { signInLinkReads } from "./sign-in-links.ts";
import type { Store, WriteContext, Written } from "./store.ts";
import type { StoreLog } from "./store-log.ts";
import { usageReads } from "./usage.ts";
import { userReads } from "./users.ts";
import { verifierReads } from "./verifiers.ts";
import { webhookReads } from "./webhooks.ts";
import { startWork } from "./work.ts";

interface CreateStore {
  readonly clock: Clock;
  readonly log: StoreLog;
}

/** Makes the store on an opened database; its feeds begin where the database is now. */
export async function createStore(backend: Backend, { clock, log }: CreateStore): Promise<Store> {
  const { kind, db } = backend;
  const work = startWork();
  const ask: Ask = (read) => work.add(() => backend.ask(read));
  // For the feeds, which writes under way still need while the store is closing.
  const changes = changeReads(db, backend.ask);
  const readAllHeads = () => backend.ask(() => readHeads(db));
  const feeds = startFeeds({ heads: await readAllHeads(), readHeads: readAllHeads, changes, log });
  backend.onAnnounced((api) => feeds.look(api));

  async function run<Name extends CommandName, Once>(
    name: Name,
    input: CommandInput<Name>,
    { context, once }: { context: WriteContext; once: Once | undefined },
  ): Promise<Written<CommandOutput<Name>, Once>> {
    const result = await backend.run({ name, input, context, once });
    if (result.changes.length > 0) {
      backend.announce(context.api);
      await feeds.take(context.api, result.changes);
    } else if (result.replayed) {
      // Whoever ran it first may have been another node.
      await caughtUp(context.api);
    }
    return {
      // The command of this name answered it, or answered it before and it was kept as JSON.
      output: result.output as CommandOutput<Name>,
      once: result.once as Once,
      // A replay without the caller's key is this very write, tried again after a lost reply.
      replayed: result.replayed && context.idempotency !== undefined,
      seq: result.changes.at(-1)?.seq,
    };
  }

  async function caughtUp(api: string, head?: number): Promise<void> {
    await feeds.confirm(api, head ?? (await changes.head(api)));
  }

  const write: Store["write"] = (name, input, context, once) =>
    work.add(() => run(name, input, { context, once }));

  const forgetting = startForgetting({ backend, write, clock, log });
  return {
    kind,
    isAlone: () => backend.isAlone(),
    write,
    onChange: feeds.onChange,
    changes: {
      ...changeReads(db, ask),
      caughtUp: (api, head) => work.add(() => caughtUp(api, head)),
    },
    credentials: credentialReads(db, ask, kind),
    accounts: accountReads(db, ask),
    childAccounts: childAccountReads(db, ask),
    users: userReads(db, ask),
    keyring: keyringReads(db, ask, kind),
    sealed: sealedReads(db, ask),
    oneTimeUses: oneTimeUseReads(db, ask),
    portalLinks: portalLinkReads(db, ask),
    sessions: sessionReads(db, ask),
    people: peopleReads(db, ask),
    operatorPersons: operatorPersonReads(db, ask),
    secondFactors: secondFactorReads(db, ask),
    passkeys: passkeyReads(db, ask),
    signInLinks: signInLinkReads(db, ask),
    applications: applicationReads(db, ask),
    managedUsers: managedUserReads(db, ask),
    requests: requestReads(db, ask),
    grants: grantReads(db, ask),
    oauthArtifacts: oauthArtifactReads(db, ask),
    logoutNotices: logoutNoticeReads(db, ask),
    oauthClients: oauthClientReads(db, ask),
    consents: consentReads(db, ask),
    issuerKeys: issuerKeyReads(db, ask),
    operatorTokens: operatorTokenReads(db, ask),
    events: eventReads(db, ask),
    usage: usageReads(db, ask),
    overview: overviewReads(db, ask, kind),
    policies: policyReads(db, ask),
    verifiers: verifierReads(db, ask),
    webhooks: webhookReads(db, ask),
    ping: () => work.add(() => backend.ping()),
    async close() {
      await forgetting.stop();
      await work.end();
      await feeds.stop();
      await backend.close();
    },
  };
}
