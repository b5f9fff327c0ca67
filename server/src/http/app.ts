import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import {
  type Clock,
  type CompiledPolicy,
  clientOf,
  requestIdOf,
  type TrustedPeers,
} from "@latchkey/engine";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
  type RouteOptions,
} from "fastify";
import type { UseCases } from "../accounts/create-use-cases.ts";
import type { IssuerKeys } from "../oauth/issuer-key-rotation.ts";
import type { SignInParts } from "../sign-in/create-sign-in-parts.ts";
import type { Store } from "../store/store.ts";
import { guardRoutes } from "./access.ts";
import { createCallOf } from "./call.ts";
import { createCursors } from "./cursor.ts";
import { answerFrameworkError, handleErrors } from "./errors.ts";
import { routedUrl } from "./facade/routed-url.ts";
import { keepHygiene } from "./hygiene.ts";
import { createIdempotency } from "./idempotency.ts";
import { MAX_BODY, parseJsonBodies } from "./json-body.ts";
import type { Metrics } from "./metrics.ts";
import { answerUnknownPaths } from "./not-found.ts";
import { openApiOptions } from "./openapi.ts";
import type { Operators } from "./operators.ts";
import { logRequests } from "./request-log.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { apisRoutes } from "./routes/apis.ts";
import { applicationRoutes } from "./routes/applications.ts";
import { auditRoutes } from "./routes/audit.ts";
import { dashboardRoutes } from "./routes/dashboard.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { grantRoutes } from "./routes/grants.ts";
import { issuerKeyRoutes } from "./routes/issuer-keys.ts";
import { jwtSecretRoutes } from "./routes/jwt-secrets.ts";
import { operatorTokenRoutes } from "./routes/operator-tokens.ts";
import { operatorRoutes } from "./routes/operators.ts";
import { organizationKeyRoutes } from "./routes/organization-keys.ts";
import { overviewRoutes } from "./routes/overview.ts";
import { policyRoutes } from "./routes/policy.ts";
import { portalSessionRoutes } from "./routes/portal-sessions.ts";
import { requestRoutes } from "./routes/requests.ts";
import { sessionRoutes } from "./routes/session.ts";
import { sessionBrandingRoutes } from "./routes/session-branding.ts";
import { sessionDeviceRoutes } from "./routes/session-devices.ts";
import { sessionFactorRoutes } from "./routes/session-factors.ts";
import { sessionLinkRoutes } from "./routes/session-links.ts";
import { sessionProofRoutes } from "./routes/session-proof.ts";
import { signingKeyRoutes } from "./routes/signing-keys.ts";
import { type Probes, systemRoutes } from "./routes/system.ts";
import { userRoutes } from "./routes/users.ts";
import { webhookEndpointRoutes } from "./routes/webhook-endpoints.ts";
import { toApi } from "./schemas/api.ts";
import { components } from "./schemas/components.ts";
import { buildSerializer } from "./serialization.ts";
import { drain, type Fronts, serverFactory } from "./server.ts";
import { createCsrf } from "./session/csrf.ts";
import { createSessionAccess } from "./session/session-access.ts";
import { buildValidator, validationFault } from "./validation.ts";

/** Everything the HTTP side is made of. It reads no environment and keeps no state of its own. */
export interface AppParts extends UseCases {
  readonly version: string;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  readonly store: Store;
  /** By slug. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  readonly operators: Operators;
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
  readonly trustedProxies: TrustedPeers;
  readonly metrics: Metrics;
  /** What else `readyz` asks, beside the store. */
  readonly probes?: Probes;
  readonly issuerKeys: IssuerKeys;
  readonly signInParts: SignInParts;
  /** Where Vite built the dashboard; where it did not, a page of facts is served. */
  readonly dashboardFolder: string;
  /** Forward-auth, verify and the authorization servers stand before the framework. */
  readonly fronts?: Partial<Fronts>;
  /** Further routes: verify, forward-auth, facades. Each declares `requires` or `public` too. */
  readonly doors?: readonly Door[];
}

/** Routes that are added under the same hygiene, guard, errors and log as the others. */
export type Door = (app: App) => Promise<void>;

/** The app as routes see it: its schemas type what handlers get. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

const NO_FRONTS: Fronts = { plain: () => false, front: () => false };

/** Builds the whole HTTP side. It does not listen; `close` ends it after what is under way. */
export async function createApp(
  parts: AppParts,
  watch: { readonly onRoute?: (route: RouteOptions) => void } = {},
): Promise<App> {
  const { version, publicUrl, store, policies, operators, metrics, clock } = parts;
  const app: App = Fastify({
    loggerInstance: parts.log,
    // The hooks below log; a logger for each request would cost more than most requests.
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (log) => log,
    genReqId: (request) => requestIdOf(request.rawHeaders),
    rewriteUrl({ url = "" }) {
      return routedUrl(url, this.mounts);
    },
    bodyLimit: MAX_BODY,
    // A draining server finishes what comes in on open connections, and closes them.
    return503OnClosing: false,
    // The server answers them; here they would be answered a second time.
    clientErrorHandler: () => undefined,
    serverFactory: serverFactory({ ...NO_FRONTS, ...parts.fronts }, clock),
    schemaController: { compilersFactory: { buildValidator, buildSerializer } },
    schemaErrorFormatter: validationFault,
    frameworkErrors: answerFrameworkError,
  }).withTypeProvider<TypeBoxTypeProvider>();

  if (watch.onRoute !== undefined) app.addHook("onRoute", watch.onRoute);
  handleErrors(app);
  keepHygiene(app, publicUrl);
  answerUnknownPaths(app);
  const { masterKeys, signInParts } = parts;
  const csrf = createCsrf({ masterKeys, publicUrl });
  const sessionAccess = createSessionAccess({ sessions: signInParts.sessions, store });
  guardRoutes(app, { operators, sessionAccess, csrf, clock, apis: new Set(policies.keys()) });
  parseJsonBodies(app);
  logRequests(app, metrics);
  app.addHook("preClose", async () => drain(app.server));
  await app.register(swagger, openApiOptions({ version, publicUrl }));
  for (const schema of components) app.addSchema(schema);

  const addressOf = addressReader(parts.trustedProxies);
  const cursors = createCursors(parts.masterKeys);
  const callOf = createCallOf({ idempotencyOf: createIdempotency(parts.masterKeys), addressOf });
  const { accounts, users, apiKeys, applications, operatorTokens, probes = {} } = parts;
  await app.register(apisRoutes({ policies, publicUrl }));
  await app.register(accountRoutes({ accounts, cursors, callOf }));
  await app.register(userRoutes({ users, links: signInParts.links, cursors, callOf }));
  const { signingKeys, jwtSecrets, organizationKeys } = parts;
  const keyring = { clock, cursors, callOf };
  await app.register(apiKeyRoutes({ apiKeys, ...keyring }));
  await app.register(signingKeyRoutes({ signingKeys, ...keyring }));
  await app.register(jwtSecretRoutes({ jwtSecrets, ...keyring }));
  await app.register(organizationKeyRoutes({ organizationKeys, ...keyring }));
  await app.register(applicationRoutes({ applications, cursors, callOf }));
  await app.register(grantRoutes({ grants: parts.grants, ...keyring }));
  await app.register(requestRoutes({ requests: parts.requests, cursors, callOf }));
  await app.register(issuerKeyRoutes({ issuerKeys: parts.issuerKeys, callOf }));
  const { webhookEndpoints, webhookDeliveries } = parts;
  await app.register(webhookEndpointRoutes({ webhookEndpoints, cursors, callOf }));
  const webhooks = { webhookDeliveries, webhookEndpoints };
  await app.register(deliveryRoutes({ ...webhooks, cursors, callOf }));
  await app.register(auditRoutes({ store, cursors }));
  await app.register(overviewRoutes({ store, apiKeys, clock }));
  await app.register(policyRoutes(store));
  await app.register(operatorTokenRoutes({ operatorTokens, cursors, callOf }));
  const { portalSessions } = parts;
  await app.register(portalSessionRoutes({ portalSessions, callOf }));
  const { operatorPersons } = signInParts;
  await app.register(operatorRoutes({ operatorPersons, cursors, callOf }));
  const ofSessions = { ...signInParts, sessionAccess, csrf, clock, addressOf };
  for (const routes of SESSION_ROUTES) await app.register(routes(ofSessions));
  await app.register(sessionBrandingRoutes(policies));
  await app.register(systemRoutes({ store, probes, metrics, operators }));
  const apis = [...policies.values()].map((policy) => toApi(policy, publicUrl));
  const facts = { version, storeKind: store.kind, apis };
  const logos = [...policies.values()].flatMap(({ policy }) => policy.branding?.logoUrl ?? []);
  await app.register(dashboardRoutes(facts, { folder: parts.dashboardFolder, logos }));
  for (const door of parts.doors ?? []) await app.register(door);
  return app;
}

/** All that is below `/v1/session`. */
const SESSION_ROUTES = [
  sessionRoutes,
  sessionLinkRoutes,
  sessionProofRoutes,
  sessionDeviceRoutes,
  sessionFactorRoutes,
];

/** The client's address for the audit trail. */
function addressReader(trusted: TrustedPeers) {
  return ({ raw }: FastifyRequest): string | undefined => {
    const peer = { address: raw.socket.remoteAddress, encrypted: false };
    return clientOf(peer, raw.rawHeaders, trusted).address;
  };
}
