// `/v1/sas`: installs, shows and removes SAs, and sends dummy packets. Keys come in and never go
// out.

import * as z from "zod";
import { INNER_MTU_MAX } from "../../ts-bindings/layout.ts";
import type { Gateway } from "../model/gateway.ts";
import type { Refusal } from "../model/refusal.ts";
import { SA_SPEC } from "../model/sa_spec.ts";
import { SA, saJson, SAS } from "../model/sa_view.ts";
import { SPI, spiText } from "../model/spi.ts";
import { type ReadBody, readBody } from "./body.ts";
import { json } from "./describe.ts";
import { memberProblem, problem } from "./problem.ts";
import { type ApiContext, type Route, type Subject, subjectRoute } from "./route.ts";

type DummySchema = z.ZodType<{ readonly octets: number }>;

/** The body of a request for a dummy packet, which may be as large as an inner packet. */
function dummySchema(innerMtu: number): DummySchema {
  const error = `must be a whole number from 1 to ${innerMtu}`;
  return z.strictObject({
    octets: z.int({ error }).min(1, { error }).max(innerMtu, { error }).default(64),
  }, { error: (issue) => issue.code === "invalid_type" ? "must be an object" : undefined });
}

/** The routes of SAs. */
export function saRoutes(gateway: Gateway): readonly Route[] {
  const dummy = dummySchema(gateway.status().limits["innerMtu"] ?? INNER_MTU_MAX);
  return [
    {
      path: "/v1/sas",
      methods: {
        GET: {
          summary: "Installed SAs",
          answers: { 200: { description: "All of them, without keys", content: json(SAS) } },
          run: (context) => context.json({ sas: gateway.sas().map(saJson) }),
        },
        POST: {
          summary: "Install an SA",
          action: "sa_install",
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
          run: (context) => install(gateway, context),
        },
      },
    },
    subjectRoute(BY_SPI, "/v1/sas/{spi}", {
      GET: {
        summary: "One SA",
        answers: { 200: { description: "As it is now, without its key", content: json(SA) } },
        run(context, spi): Response {
          const sa = gateway.sa(spi);
          return sa === undefined ? BY_SPI.unknown() : context.json(saJson(sa));
        },
      },
      DELETE: {
        summary: "Remove an SA and wipe its key",
        action: "sa_remove",
        answers: { 204: { description: "Removed" } },
        run: (_context, spi) => {
          return gateway.removeSa(spi) ? new Response(null, { status: 204 }) : BY_SPI.unknown();
        },
      },
    }),
    subjectRoute(BY_SPI, "/v1/sas/{spi}/dummy", {
      POST: {
        summary: "Send one dummy packet (RFC 4303 §2.6)",
        action: "sa_dummy",
        body: dummy,
        answers: { 202: { description: "Handed to the lane of the peer's path" } },
        problems: [400, 409, 413, 422],
        run: (context, spi) => sendDummy(gateway, spi, () => readBody(context.req.raw, dummy)),
      },
    }),
  ];
}

const OWN = { spi: "/spi" };

const BY_SPI: Subject<number> = {
  param: "spi",
  schema: SPI,
  text: spiText,
  unknown: () => problem(404, "There is no SA with this SPI"),
};

const LOCATION = z.object({ location: z.string() });

async function install(gateway: Gateway, context: ApiContext): Promise<Response> {
  const body = await readBody(context.req.raw, SA_SPEC);
  if (body.kind === "refused") return body.response;
  const { spi, keyMaterial } = body.value;
  context.set("target", spiText(spi));
  try {
    const refusal = await gateway.installSa(body.value);
    return refusal === undefined ? installed(gateway, spi) : refused(refusal);
  } finally {
    keyMaterial.fill(0);
  }
}

function installed(gateway: Gateway, spi: number): Response {
  const sa = gateway.sa(spi);
  // Another call may have removed the SA before this answer, or it may have expired.
  const body = sa === undefined ? { spi: spiText(spi) } : saJson(sa);
  return Response.json(body, { status: 201, headers: { location: `/v1/sas/${spiText(spi)}` } });
}

async function sendDummy(
  gateway: Gateway,
  spi: number,
  read: () => Promise<ReadBody<{ readonly octets: number }>>,
): Promise<Response> {
  if (gateway.sa(spi) === undefined) return BY_SPI.unknown();
  const body = await read();
  if (body.kind === "refused") return body.response;
  const refusal = gateway.sendDummy(spi, body.value.octets);
  if (refusal === "unknown") return BY_SPI.unknown();
  return refusal === undefined ? new Response(null, { status: 202 }) : refused(refusal);
}

function refused(refusal: Refusal): Response {
  return memberProblem(refusal.kind === "conflict" ? 409 : 422, refusal.member, refusal.detail);
}
