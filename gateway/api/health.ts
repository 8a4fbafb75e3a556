// `/livez`, `/readyz`, `/v1/status`, `/v1/drain`: calls about the gateway as a whole.

import * as z from "zod";
import { answer } from "../model/answer.ts";
import type { Gateway } from "../model/gateway.ts";
import { STATUS } from "../model/gateway_status.ts";
import { json } from "./describe.ts";
import { problem } from "./problem.ts";
import type { ApiContext, Route } from "./route.ts";

/** The routes of the gateway as a whole. */
export function healthRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: "/livez",
      methods: {
        GET: {
          summary: "Whether the process runs",
          answers: TEXT,
          run: (context) => textAnswer(context, "ok\n"),
        },
      },
    },
    {
      path: "/readyz",
      methods: {
        GET: {
          summary: "Whether new clients are served",
          answers: TEXT,
          problems: [503],
          run: (context) => readiness(gateway, context),
        },
      },
    },
    {
      path: "/v1/status",
      methods: {
        GET: {
          summary: "Version, limits and totals",
          answers: { 200: { description: "As it is now", content: json(STATUS) } },
          run: (context) => context.json(gateway.status()),
        },
      },
    },
    {
      path: "/v1/drain",
      methods: {
        POST: {
          summary: "Drain, as SIGTERM does, without the exit",
          action: "drain",
          answers: { 202: { description: "The drain has begun", content: json(DRAINING) } },
          run: (context) => drain(gateway, context),
        },
      },
    },
  ];
}

const DRAINING = answer({ draining: z.boolean() });

const TEXT_TYPE = "text/plain; charset=UTF-8";

const TEXT = {
  200: { description: "Yes", content: { [TEXT_TYPE]: { schema: z.string() } } },
} as const;

/**
 * Sets the type itself. `context.text` leaves it to the runtime while no other header is set, and
 * Bun then sends none or another.
 */
function textAnswer(context: ApiContext, text: string): Response {
  return context.body(text, 200, { "content-type": TEXT_TYPE });
}

/** Load balancers send no new clients when this fails. Open connections stay as they are. */
function readiness(gateway: Gateway, context: ApiContext): Response {
  const unready = gateway.unready();
  if (unready.length === 0) return textAnswer(context, "ready\n");
  const detail = unready.map(({ detail }) => detail).join("; ");
  return problem(503, detail, { reasons: unready.map(({ reason }) => reason) });
}

function drain(gateway: Gateway, context: ApiContext): Response {
  gateway.drain();
  return context.json({ draining: true }, 202);
}
