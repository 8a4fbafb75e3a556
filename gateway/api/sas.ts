// `/v1/sas`: install, show, remove, dummy packets. Keys come in and never go out.

import * as z from "zod";
import { parseSpi, SA_SPEC, spiText } from "../config/sa.ts";
import type { Prefix, Refusal, SaView } from "../shell/types.ts";
import { readBody } from "./body.ts";
import { memberProblem, problem } from "./problem.ts";
import { type ApiContext, type ApiState, audited, type Route } from "./route.ts";

/** Octets of a dummy packet: what fits any inner MTU's slot is the gateway's to say. */
const DUMMY = z.strictObject({
  octets: z.int({ error: "must be a whole number from 0 to 65400" }).min(0, {
    error: "must be a whole number from 0 to 65400",
  }).max(65_400, { error: "must be a whole number from 0 to 65400" }).default(64),
}, { error: (issue) => issue.code === "invalid_type" ? "must be an object" : undefined });

/** The routes of SAs. */
export function saRoutes(state: ApiState): readonly Route[] {
  return [
    {
      path: "/v1/sas",
      methods: {
        GET: (context) => context.json({ sas: state.gateway.sas().map(saJson) }),
        POST: (context) => install(state, context),
      },
    },
    {
      path: "/v1/sas/:spi",
      methods: {
        GET: (context) => show(state, context),
        DELETE: (context) => remove(state, context),
      },
    },
    { path: "/v1/sas/:spi/dummy", methods: { POST: (context) => sendDummy(state, context) } },
  ];
}

async function install(state: ApiState, context: ApiContext): Promise<Response> {
  const body = await readBody(context.req.raw, SA_SPEC);
  if (body.kind === "refused") return body.response;
  const { spi, keyMaterial } = body.value;
  const target = spiText(spi);
  try {
    const refusal = await state.gateway.installSa(body.value);
    const response = refusal === undefined ? installed(state, spi) : refused(refusal);
    return audited(state, context, { action: "sa_install", target, response });
  } finally {
    keyMaterial.fill(0);
  }
}

function installed(state: ApiState, spi: number): Response {
  const sa = state.gateway.sa(spi);
  // Removed again by another call, or expired, before this answer was made.
  const body = sa === undefined ? { spi: spiText(spi) } : saJson(sa);
  return Response.json(body, { status: 201, headers: { location: `/v1/sas/${spiText(spi)}` } });
}

function show(state: ApiState, context: ApiContext): Response {
  const spi = spiOf(context);
  const sa = spi === undefined ? undefined : state.gateway.sa(spi);
  return sa === undefined ? unknownSa() : context.json(saJson(sa));
}

function remove(state: ApiState, context: ApiContext): Response {
  const spi = spiOf(context);
  if (spi === undefined || !state.gateway.removeSa(spi)) return unknownSa();
  const response = new Response(null, { status: 204 });
  return audited(state, context, { action: "sa_remove", target: spiText(spi), response });
}

async function sendDummy(state: ApiState, context: ApiContext): Promise<Response> {
  const spi = spiOf(context);
  if (spi === undefined || state.gateway.sa(spi) === undefined) return unknownSa();
  const body = await readBody(context.req.raw, DUMMY);
  if (body.kind === "refused") return body.response;
  const refusal = state.gateway.sendDummy(spi, body.value.octets);
  if (refusal === "unknown") return unknownSa();
  const response = refusal === undefined ? new Response(null, { status: 202 }) : refused(refusal);
  return audited(state, context, { action: "sa_dummy", target: spiText(spi), response });
}

function spiOf(context: ApiContext): number | undefined {
  return parseSpi(context.req.param("spi") ?? "");
}

function unknownSa(): Response {
  return problem(404, "There is no SA with this SPI");
}

function refused(refusal: Refusal): Response {
  return memberProblem(refusal.kind === "conflict" ? 409 : 422, refusal.member, refusal.detail);
}

/** An SA as the API shows it. */
export function saJson(sa: SaView): Readonly<Record<string, unknown>> {
  return {
    spi: spiText(sa.spi),
    direction: sa.direction,
    peer: sa.peer,
    aead: sa.aead,
    keyBits: sa.keyBits,
    local: sa.local.map(prefixText),
    remote: sa.remote.map(prefixText),
    esn: sa.esn,
    replayWindow: sa.replayWindow,
    softPackets: exact(sa.softPackets),
    hardPackets: exact(sa.hardPackets),
    hardOctets: exact(sa.hardOctets),
    hardSeconds: sa.hardSeconds,
    initialSequence: exact(sa.initialSequence),
    state: sa.state,
    packets: exact(sa.packets),
    octets: exact(sa.octets),
    sequence: exact(sa.sequence),
    installedAt: sa.installedAt,
    lastValidAt: sa.lastValidAt,
    path: sa.path,
  };
}

function prefixText(prefix: Prefix): string {
  return prefix.text;
}

/** A number where JSON's readers take it exactly, else a decimal string. */
function exact(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}
