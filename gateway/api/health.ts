// `/livez`, `/readyz`, `/v1/status`, `/v1/drain`: the gateway as a whole.

import * as z from "zod";
import { json } from "./describe.ts";
import { problem } from "./problem.ts";
import { type ApiContext, type ApiState, audited, type Route } from "./route.ts";
import { DRAINING, STATUS } from "./schemas.ts";

/** The routes of the gateway as a whole. */
export function healthRoutes(state: ApiState): readonly Route[] {
  return [
    {
      path: "/livez",
      methods: {
        GET: { summary: "Whether the process runs", answers: TEXT, run: (c) => c.text("ok\n") },
      },
    },
    {
      path: "/readyz",
      methods: {
        GET: {
          summary: "Whether connections are accepted",
          answers: TEXT,
          problems: [503],
          run: (context) => readiness(state, context),
        },
      },
    },
    {
      path: "/v1/status",
      methods: {
        GET: {
          summary: "Version, limits and totals",
          answers: { 200: { description: "As it is now", content: json(STATUS) } },
          run: (context) => context.json(state.gateway.status()),
        },
      },
    },
    {
      path: "/v1/drain",
      methods: {
        POST: {
          summary: "Drain, as SIGTERM does, without the exit",
          answers: { 202: { description: "The drain has begun", content: json(DRAINING) } },
          run: (context) => drain(state, context),
        },
      },
    },
  ];
}

const TEXT = {
  200: { description: "Yes", content: { "text/plain; charset=UTF-8": { schema: z.string() } } },
} as const;

/** Balancers stop sending when this fails; what is connected drains. */
function readiness(state: ApiState, context: ApiContext): Response {
  return state.gateway.isDraining()
    ? problem(503, "The gateway is draining")
    : context.text("ready\n");
}

function drain(state: ApiState, context: ApiContext): Response {
  state.gateway.drain();
  const response = context.json({ draining: true }, 202);
  return audited(state, context, { action: "drain", response });
}
