// `/v1/connections`: show and close.

import * as z from "zod";
import { json } from "./describe.ts";
import { problem } from "./problem.ts";
import { type ApiContext, type ApiState, audited, type Route } from "./route.ts";
import { CONNECTION, CONNECTIONS } from "./schemas.ts";

const FIRST = { id: "/connections/0/id" };

const ID = z.int().positive();

/** The routes of connections. */
export function connectionRoutes(state: ApiState): readonly Route[] {
  return [
    {
      path: "/v1/connections",
      methods: {
        GET: {
          summary: "Open connections",
          answers: {
            200: {
              description: "All of them",
              content: json(CONNECTIONS),
              leadsTo: { getV1ConnectionsId: FIRST, deleteV1ConnectionsId: FIRST },
            },
          },
          run: (context) => context.json({ connections: state.gateway.connections() }),
        },
      },
    },
    {
      path: "/v1/connections/{id}",
      params: z.object({ id: ID }),
      methods: {
        GET: {
          summary: "One connection",
          answers: { 200: { description: "As it is now", content: json(CONNECTION) } },
          problems: [404],
          run: (context) => show(state, context),
        },
        DELETE: {
          summary: "Close a connection",
          answers: { 204: { description: "It is told to close" } },
          problems: [404],
          run: (context) => kick(state, context),
        },
      },
    },
  ];
}

function show(state: ApiState, context: ApiContext): Response {
  const id = idOf(context);
  const connection = id === undefined ? undefined : state.gateway.connection(id);
  return connection === undefined ? unknownConnection() : context.json(connection);
}

function kick(state: ApiState, context: ApiContext): Response {
  const id = idOf(context);
  if (id === undefined || !state.gateway.kick(id)) return unknownConnection();
  const response = new Response(null, { status: 204 });
  return audited(state, context, { action: "connection_kick", target: String(id), response });
}

function idOf(context: ApiContext): number | undefined {
  const text = context.req.param("id") ?? "";
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}

function unknownConnection(): Response {
  return problem(404, "There is no connection with this id");
}
