// `/v1/sas`: install, show, remove, dummy packets. Keys come in and never go out.

import * as z from "zod";
import { INNER_MTU_MAX } from "../../ts-bindings/layout.ts";
import { parseSpi, SA_SPEC, SPI_TEXT, spiText } from "../config/sa.ts";
import type { Prefix, Refusal, SaView } from "../shell/types.ts";
import { readBody } from "./body.ts";
import { json } from "./describe.ts";
import { memberProblem, problem } from "./problem.ts";
import { type ApiContext, type ApiState, audited, type Route } from "./route.ts";
import { SA, SAS } from "./schemas.ts";

type DummySchema = z.ZodType<{ readonly octets: number }>;

/** A body that asks for a dummy packet: as large as an inner packet may be. */
function dummySchema(innerMtu: number): DummySchema {
  const error = `must be a whole number from 1 to ${innerMtu}`;
  return z.strictObject({
    octets: z.int({ error }).min(1, { error }).max(innerMtu, { error }).default(64),
  }, { error: (issue) => issue.code === "invalid_type" ? "must be an object" : undefined });
}

/** The routes of SAs. */
export function saRoutes(state: ApiState): readonly Route[] {
  const dummy = dummySchema(state.gateway.status().limits["innerMtu"] ?? INNER_MTU_MAX);
  return [
    {
      path: "/v1/sas",
      methods: {
        GET: {
          summary: "Installed SAs",
          answers: { 200: { description: "All of them, without keys", content: json(SAS) } },
          run: (context) => context.json({ sas: state.gateway.sas().map(saJson) }),
        },
        POST: {
          summary: "Install an SA",
          body: SA_SPEC,
          answers: {
            201: {
              description: "Installed",
              content: json(SA),
              headers: LOCATION,
              leadsTo: { getV1SasSpi: OWN, deleteV1SasSpi: OWN, postV1SasSpiDummy: OWN },
            },
          },
          problems: [400, 409, 413, 422],
          run: (context) => install(state, context),
        },
      },
    },
    {
      path: "/v1/sas/{spi}",
      params: SPI_PARAM,
      methods: {
        GET: {
          summary: "One SA",
          answers: { 200: { description: "As it is now, without its key", content: json(SA) } },
          problems: [404],
          run: (context) => show(state, context),
        },
        DELETE: {
          summary: "Remove an SA and wipe its key",
          answers: { 204: { description: "Removed" } },
          problems: [404],
          run: (context) => remove(state, context),
        },
      },
    },
    {
      path: "/v1/sas/{spi}/dummy",
      params: SPI_PARAM,
      methods: {
        POST: {
          summary: "Send one dummy packet (RFC 4303 §2.6)",
          body: dummy,
          answers: { 202: { description: "Handed to the lane of the peer's path" } },
          problems: [400, 404, 409, 413, 422],
          run: (context) => sendDummy(state, { context, schema: dummy }),
        },
      },
    },
  ];
}

const OWN = { spi: "/spi" };

const SPI_PARAM = z.object({ spi: z.string().meta(SPI_TEXT) });

const LOCATION = z.object({ location: z.string() });

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

async function sendDummy(
  state: ApiState,
  { context, schema }: { readonly context: ApiContext; readonly schema: DummySchema },
): Promise<Response> {
  const spi = spiOf(context);
  if (spi === undefined || state.gateway.sa(spi) === undefined) return unknownSa();
  const body = await readBody(context.req.raw, schema);
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
