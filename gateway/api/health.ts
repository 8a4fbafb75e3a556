// `/livez`, `/readyz`, `/v1/status`, `/v1/drain`: the gateway as a whole.

import { problem } from "./problem.ts";
import { type ApiContext, type ApiState, audited, type Route } from "./route.ts";

/** The routes of the gateway as a whole. */
export function healthRoutes(state: ApiState): readonly Route[] {
  return [
    { path: "/livez", methods: { GET: (context) => context.text("ok\n") } },
    { path: "/readyz", methods: { GET: (context) => readiness(state, context) } },
    { path: "/v1/status", methods: { GET: (context) => context.json(state.gateway.status()) } },
    { path: "/v1/drain", methods: { POST: (context) => drain(state, context) } },
  ];
}

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
