import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Accounts } from "../../accounts/accounts.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import {
  Account,
  AccountList,
  AccountQuery,
  CreateAccount,
  toAccount,
  UpdateAccount,
} from "../schemas/account.ts";
import { Body, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { answerPage } from "../schemas/list.ts";
import { ApiAndId, ApiParams, IdempotencyHeaders } from "../schemas/params.ts";

const tags = ["accounts"];
const AccountParams = ApiAndId("acct");

/** `/v1/apis/{api}/accounts`: the customers that own credentials and users. */
export const accountRoutes =
  (parts: { accounts: Accounts; cursors: Cursors; callOf: CallOf }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { accounts, cursors, callOf } = parts;

    app.post("/v1/apis/:api/accounts", {
      config: { requires: "manage" },
      schema: {
        tags,
        operationId: "createAccount",
        summary: "Create an account",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreateAccount,
        response: { 201: Ref(Account, "The new account."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) =>
        reply.code(201).send(toAccount(await accounts.create(callOf(request), request.body))),
    });

    app.get("/v1/apis/:api/accounts", {
      config: { requires: "read", area: "any" },
      schema: {
        tags,
        operationId: "listAccounts",
        summary: "List accounts, newest first",
        params: ApiParams,
        querystring: AccountQuery,
        response: { 200: Ref(AccountList, "A page of accounts."), ...readRefusals() },
      },
      handler: ({ params: { api }, query, ceiling }) => {
        const filter = { search: query.search, status: query.status, ceiling };
        return answerPage({
          cursors,
          name: { list: `${api}/accounts`, filter },
          query,
          read: (page) => accounts.list(api, filter, page),
          toWire: toAccount,
        });
      },
    });

    app.get("/v1/apis/:api/accounts/:id", {
      config: { requires: "read", area: "any" },
      schema: {
        tags,
        operationId: "getAccount",
        summary: "Read an account",
        params: AccountParams,
        response: { 200: Ref(Account, "The account."), ...readRefusals() },
      },
      handler: async ({ params: { api, id }, ceiling }) =>
        toAccount(await accounts.find(api, id, ceiling)),
    });

    app.patch("/v1/apis/:api/accounts/:id", {
      config: { requires: "manage" },
      schema: {
        tags,
        operationId: "updateAccount",
        summary: "Change an account's name, plan or external id",
        params: AccountParams,
        body: UpdateAccount,
        response: { 200: Ref(Account, "The changed account."), ...writeRefusals() },
      },
      handler: async (request) =>
        toAccount(await accounts.update(callOf(request), request.params.id, request.body)),
    });

    for (const verb of ["suspend", "resume"] as const) {
      app.post(`/v1/apis/:api/accounts/:id/${verb}`, {
        config: { requires: "manage" },
        schema: {
          tags,
          operationId: `${verb}Account`,
          summary: SUMMARY[verb],
          params: AccountParams,
          headers: IdempotencyHeaders,
          body: Type.Optional(Body({})),
          response: { 200: Ref(Account, "The account as it is now."), ...writeRefusals(409, 422) },
        },
        handler: async (request) =>
          toAccount(await accounts[verb](callOf(request), request.params.id)),
      });
    }
  };

const SUMMARY = {
  suspend: "Refuse all credentials of an account, at once",
  resume: "Accept the credentials of a suspended account again",
} as const;
