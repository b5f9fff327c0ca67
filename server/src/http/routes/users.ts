import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Users } from "../../accounts/users.ts";
import type { Links } from "../../sign-in/people.ts";
import type { CallOf } from "../call.ts";
import type { Cursors } from "../cursor.ts";
import { Body, Id, Ref } from "../schemas/base.ts";
import { readRefusals, writeRefusals } from "../schemas/error.ts";
import { answerPage, pageQuery, searchText } from "../schemas/list.ts";
import { Invitation } from "../schemas/operator.ts";
import { ApiAndId, ApiParams, IdempotencyHeaders } from "../schemas/params.ts";
import { RevocationReceipt, toReceipt, WaitQuery } from "../schemas/receipt.ts";
import {
  AddMembership,
  CreateUser,
  RemoveMembership,
  toUser,
  User,
  UserList,
} from "../schemas/user.ts";

const tags = ["users"];
const UserParams = ApiAndId("user");

/** `/v1/apis/{api}/users`: the people of accounts. */
export const userRoutes =
  (parts: {
    users: Users;
    links: Pick<Links, "invite">;
    cursors: Cursors;
    callOf: CallOf;
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { users, links, cursors, callOf } = parts;

    app.post("/v1/apis/:api/users", {
      config: { requires: "manage", fresh: "secret" },
      schema: {
        tags,
        operationId: "createUser",
        summary: "Create a user of an account",
        params: ApiParams,
        headers: IdempotencyHeaders,
        body: CreateUser,
        response: { 201: Ref(User, "The new user."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) =>
        reply.code(201).send(toUser(await users.create(callOf(request), request.body))),
    });

    app.get("/v1/apis/:api/users", {
      config: { requires: "read" },
      schema: {
        tags,
        operationId: "listUsers",
        summary: "List users, newest first",
        params: ApiParams,
        querystring: Type.Object(
          {
            ...pageQuery,
            accountId: Type.Optional(Id("acct")),
            search: Type.Optional(
              searchText("Part of the name or e-mail address, or all of the id."),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Ref(UserList, "A page of users."), ...readRefusals() },
      },
      handler: ({ params: { api }, query }) => {
        const filter = { accountId: query.accountId, search: query.search };
        return answerPage({
          cursors,
          name: { list: `${api}/users`, filter },
          query,
          read: (page) => users.list(api, filter, page),
          toWire: toUser,
        });
      },
    });

    app.get("/v1/apis/:api/users/:id", {
      config: { requires: "read" },
      schema: {
        tags,
        operationId: "getUser",
        summary: "Read a user",
        params: UserParams,
        response: { 200: Ref(User, "The user."), ...readRefusals() },
      },
      handler: async ({ params: { api, id } }) => toUser(await users.find(api, id)),
    });

    app.post("/v1/apis/:api/users/:id/memberships", {
      config: { requires: "manage", fresh: "secret" },
      schema: {
        tags,
        operationId: "addMembership",
        summary: "Add a user to an account, or change its role there",
        params: UserParams,
        headers: IdempotencyHeaders,
        body: AddMembership,
        response: { 201: Ref(User, "The user with all memberships."), ...writeRefusals(409, 422) },
      },
      handler: async (request, reply) => {
        const { params, body } = request;
        const user = await users.addMembership(callOf(request), params.id, body);
        return reply.code(201).send(toUser(user));
      },
    });

    app.post("/v1/apis/:api/users/:id/memberships/revoke", {
      config: { requires: "manage", fresh: "secret" },
      schema: {
        tags,
        operationId: "removeMembership",
        summary: "Take a user out of an account, and end what acts for the user there",
        params: UserParams,
        headers: IdempotencyHeaders,
        querystring: WaitQuery,
        body: RemoveMembership,
        response: { 200: Ref(RevocationReceipt, "The receipt."), ...writeRefusals(409, 422) },
      },
      handler: async (request) => {
        const { params, query, body } = request;
        const membership = { userId: params.id, accountId: body.accountId };
        return toReceipt(await users.removeMembership(callOf(request), membership, query.wait));
      },
    });

    app.post("/v1/apis/:api/users/:id/invite", {
      config: { requires: "manage", fresh: "secret" },
      schema: {
        tags,
        operationId: "inviteUser",
        summary: "Mail a user the link with which they set their password",
        params: UserParams,
        headers: IdempotencyHeaders,
        body: Type.Optional(Body({})),
        response: {
          202: Ref(Invitation, "It is sent."),
          ...writeRefusals(409, 422),
        },
      },
      handler: async (request, reply) => {
        const { api, id } = request.params;
        const person = { kind: "user", api, id } as const;
        const { link } = await links.invite(person, callOf(request));
        return reply.code(202).send(link === undefined ? {} : { link });
      },
    });
  };
