// `/v1/connections`: show and close.

import { problem } from "./problem.ts";
import { type ApiContext, type ApiState, audited, type Route } from "./route.ts";

/** The routes of connections. */
export function connectionRoutes(state: ApiState): readonly Route[] {
  return [
    {
      path: "/v1/connections",
      methods: {
        GET: (context) => context.json({ connections: state.gateway.connections() }),
      },
    },
    {
      path: "/v1/connections/:id",
      methods: {
        GET: (context) => show(state, context),
        DELETE: (context) => kick(state, context),
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
