// `/v1/connections`: shows and closes connections.

import * as z from "zod";
import { CONNECTION, CONNECTIONS } from "../model/connection.ts";
import type { Gateway, KickOutcome } from "../model/gateway.ts";
import { json } from "./describe.ts";
import { problem } from "./problem.ts";
import { type Route, type Subject, subjectRoute } from "./route.ts";

const FIRST = { id: "/connections/0/id" };

/** The routes of connections. */
export function connectionRoutes(gateway: Gateway): readonly Route[] {
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
          run: (context) => context.json({ connections: gateway.connections() }),
        },
      },
    },
    subjectRoute(BY_ID, "/v1/connections/{id}", {
      GET: {
        summary: "One connection",
        answers: { 200: { description: "As it is now", content: json(CONNECTION) } },
        run(context, id): Response {
          const connection = gateway.connection(id);
          return connection === undefined ? BY_ID.unknown() : context.json(connection);
        },
      },
      DELETE: {
        summary: "Close a connection",
        action: "connection_kick",
        answers: { 204: { description: "It is told to close" } },
        problems: [503],
        run: (_context, id) => kickAnswer(gateway.kick(id)),
      },
    }),
  ];
}

function kickAnswer(outcome: KickOutcome): Response {
  switch (outcome) {
    case "told":
      return new Response(null, { status: 204 });
    case "unknown":
      return BY_ID.unknown();
    case "busy":
      return problem(503, "The lane has too many orders", { headers: { "retry-after": "1" } });
  }
}

/** Ids are below 2^53, and each has exactly one spelling. */
const ID_PATTERN = /^[1-9]\d{0,14}$/;

const BY_ID: Subject<number> = {
  param: "id",
  schema: z.string().transform((text, context) => {
    if (ID_PATTERN.test(text)) return Number(text);
    context.addIssue({ code: "custom", message: "must be the id of a connection" });
    return z.NEVER;
  }).meta({ type: "integer", minimum: 1, maximum: 999_999_999_999_999 }),
  text: String,
  unknown: () => problem(404, "There is no connection with this id"),
};
