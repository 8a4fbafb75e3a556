// `/v1/sas`: installs, shows and removes SAs, and sends dummy packets. Keys come in and never go
// out.

import * as z from "zod";
import { INNER_MTU_MAX } from "../../ts-bindings/layout.ts";
import type { Gateway } from "../model/gateway.ts";
import { listText } from "../model/list_text.ts";
import { isRefusal, type Refusal } from "../model/refusal.ts";
import { SA_NAME, type SaName, saNameText } from "../model/sa_name.ts";
import { SA_SPEC } from "../model/sa_spec.ts";
import { SA, saJson, SAS } from "../model/sa_view.ts";
import { spiText } from "../model/spi.ts";
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
  return [allRoute(gateway), oneRoute(gateway), dummyRoute(gateway)];
}

function allRoute(gateway: Gateway): Route {
  return {
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
            leadsTo: { getV1SasSa: OWN, deleteV1SasSa: OWN, postV1SasSaDummy: OWN },
          },
        },
        problems: [400, 409, 413, 422],
        run: (context) => install(gateway, context),
      },
    },
  };
}

function oneRoute(gateway: Gateway): Route {
  return subjectRoute(BY_NAME, "/v1/sas/{sa}", {
    GET: {
      summary: "One SA",
      answers: { 200: { description: "As it is now, without its key", content: json(SA) } },
      problems: [409],
      run: (context, name) =>
        withSa(gateway, name, (id) => {
          const sa = gateway.sa(id);
          return sa === undefined ? BY_NAME.unknown() : context.json(saJson(sa));
        }),
    },
    DELETE: {
      summary: "Remove an SA and wipe its key",
      action: "sa_remove",
      answers: { 204: { description: "Removed" } },
      problems: [409],
      run: (_context, name) =>
        withSa(gateway, name, (id) => {
          return gateway.removeSa(id) ? new Response(null, { status: 204 }) : BY_NAME.unknown();
        }),
    },
  });
}

function dummyRoute(gateway: Gateway): Route {
  const dummy = dummySchema(gateway.status().limits["innerMtu"] ?? INNER_MTU_MAX);
  return subjectRoute(BY_NAME, "/v1/sas/{sa}/dummy", {
    POST: {
      summary: "Send one dummy packet (RFC 4303 §2.6)",
      action: "sa_dummy",
      body: dummy,
      answers: { 202: { description: "Handed to the lane of the peer's path" } },
      problems: [400, 409, 413, 422],
      run: (context, name) =>
        withSa(gateway, name, (id) => {
          return sendDummy(gateway, id, () => readBody(context.req.raw, dummy));
        }),
    },
  });
}

const OWN = { sa: "/id" };

const BY_NAME: Subject<SaName> = {
  param: "sa",
  schema: SA_NAME,
  text: saNameText,
  unknown: () => problem(404, "There is no such SA"),
};

type Answered = Response | Promise<Response>;

/** Answers about the SA with this name. An SPI that several have is a conflict, and names them. */
function withSa(gateway: Gateway, name: SaName, answer: (id: number) => Answered): Answered {
  const ids = "id" in name ? [name.id] : gateway.sasOf(name.spi);
  const [id] = ids;
  if (id === undefined) return BY_NAME.unknown();
  if (ids.length === 1) return answer(id);
  const detail = `${ids.length} SAs have this SPI: name one by its id, ${listText(ids)}`;
  return problem(409, detail, { sas: ids });
}

const LOCATION = z.object({ location: z.string() });

async function install(gateway: Gateway, context: ApiContext): Promise<Response> {
  const body = await readBody(context.req.raw, SA_SPEC);
  if (body.kind === "refused") return body.response;
  const { spi, keyMaterial } = body.value;
  context.set("target", spiText(spi));
  try {
    const sa = await gateway.installSa(body.value);
    return isRefusal(sa) ? refused(sa) : installed(gateway, { id: sa.id, spi });
  } finally {
    keyMaterial.fill(0);
  }
}

function installed(
  gateway: Gateway,
  { id, spi }: { readonly id: number; readonly spi: number },
): Response {
  const sa = gateway.sa(id);
  // Another call may have removed the SA before this answer, or it may have expired.
  const body = sa === undefined ? { id, spi: spiText(spi) } : saJson(sa);
  return Response.json(body, { status: 201, headers: { location: `/v1/sas/${id}` } });
}

async function sendDummy(
  gateway: Gateway,
  id: number,
  read: () => Promise<ReadBody<{ readonly octets: number }>>,
): Promise<Response> {
  if (gateway.sa(id) === undefined) return BY_NAME.unknown();
  const body = await read();
  if (body.kind === "refused") return body.response;
  const refusal = gateway.sendDummy(id, body.value.octets);
  if (refusal === "unknown") return BY_NAME.unknown();
  return refusal === undefined ? new Response(null, { status: 202 }) : refused(refusal);
}

function refused(refusal: Refusal): Response {
  return memberProblem(refusal.kind === "conflict" ? 409 : 422, refusal.member, refusal.detail);
}
