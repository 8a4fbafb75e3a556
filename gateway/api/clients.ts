// `/v1/clients`: makes, shows and removes clients. A secret goes out once, with the profile of a
// new client.

import * as z from "zod";
import {
  CLIENT_NAME,
  CLIENT_SPEC,
  CLIENTS as CLIENTS_ANSWER,
  type Clients,
  NEW_CLIENT,
} from "../model/client.ts";
import { readBody } from "./body.ts";
import { json } from "./describe.ts";
import { memberProblem, problem } from "./problem.ts";
import { type ApiContext, type Route, type Subject, subjectRoute } from "./route.ts";

/**
 * The routes of clients.
 *
 * @param clients Null if the gateway does not answer IKE itself
 */
export function clientRoutes(clients: Clients | null): readonly Route[] {
  const having = (run: (clients: Clients) => Promise<Response>): Promise<Response> | Response =>
    clients === null ? noIke() : run(clients);
  return [
    {
      path: "/v1/clients",
      methods: {
        GET: {
          summary: "Clients that this gateway has made",
          answers: {
            200: { description: "All of them, without secrets", content: json(CLIENTS_ANSWER) },
          },
          problems: [409],
          run: () => having(async (own) => Response.json({ clients: await own.list() })),
        },
        POST: {
          summary: "Make a client",
          action: "client_add",
          body: CLIENT_SPEC,
          answers: {
            201: {
              description: "Made; its profile is not shown again",
              content: json(NEW_CLIENT),
              headers: LOCATION,
              leadsTo: { deleteV1ClientsName: { name: "/name" } },
            },
          },
          problems: [400, 409, 413, 422],
          run: (context) => having((own) => add(own, context)),
        },
      },
    },
    subjectRoute(BY_NAME, "/v1/clients/{name}", {
      DELETE: {
        summary: "Remove a client, and end what it has open",
        action: "client_remove",
        answers: { 204: { description: "Removed" } },
        problems: [409],
        run: (_context, name) =>
          having(async (own) =>
            await own.remove(name) ? new Response(null, { status: 204 }) : BY_NAME.unknown()
          ),
      },
    }),
  ];
}

const LOCATION = z.object({ location: z.string() });

const BY_NAME: Subject<string> = {
  param: "name",
  schema: CLIENT_NAME,
  text: (name) => name,
  unknown: () => problem(404, "There is no client of this name"),
};

function noIke(): Response {
  return problem(409, "This gateway does not answer IKE itself (--ike inside)");
}

async function add(clients: Clients, context: ApiContext): Promise<Response> {
  const body = await readBody(context.req.raw, CLIENT_SPEC);
  if (body.kind === "refused") return body.response;
  const { name } = body.value;
  context.set("target", name);
  const made = await clients.add(name);
  if ("kind" in made) {
    return memberProblem(made.kind === "conflict" ? 409 : 422, made.member, made.detail);
  }
  return Response.json(made, { status: 201, headers: { location: `/v1/clients/${name}` } });
}
