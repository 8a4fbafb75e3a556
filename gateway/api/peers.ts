// `/v1/peers`: shows peers whose IKE SA is up in this process, and ends them.

import * as z from "zod";
import type { Gateway } from "../model/gateway.ts";
import { PEER, PEERS } from "../model/peer.ts";
import { json } from "./describe.ts";
import { problem } from "./problem.ts";
import { type Route, type Subject, subjectRoute } from "./route.ts";

const FIRST = { id: "/peers/0/id" };

/** The routes of peers. */
export function peerRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      path: "/v1/peers",
      methods: {
        GET: {
          summary: "Peers whose IKE SA is up here",
          answers: {
            200: {
              description: "All of them; none where a daemon answers IKE",
              content: json(PEERS),
              leadsTo: { getV1PeersId: FIRST, deleteV1PeersId: FIRST },
            },
          },
          run: (context) => context.json({ peers: gateway.peers() }),
        },
      },
    },
    subjectRoute(BY_ID, "/v1/peers/{id}", {
      GET: {
        summary: "One peer",
        answers: { 200: { description: "As it is now", content: json(PEER) } },
        run(context, id): Response {
          const peer = gateway.peer(id);
          return peer === undefined ? BY_ID.unknown() : context.json(peer);
        },
      },
      DELETE: {
        summary: "End a peer's IKE SA and all of its SAs",
        action: "peer_end",
        answers: { 204: { description: "A Delete goes to it; it ends when that is answered" } },
        run: (_context, id) =>
          gateway.endPeer(id) ? new Response(null, { status: 204 }) : BY_ID.unknown(),
      },
    }),
  ];
}

/** Ids are below 2^53, and each has exactly one spelling. */
const ID_PATTERN = /^[1-9]\d{0,14}$/;

const BY_ID: Subject<number> = {
  param: "id",
  schema: z.string().transform((text, context) => {
    if (ID_PATTERN.test(text)) return Number(text);
    context.addIssue({ code: "custom", message: "must be the id of a peer" });
    return z.NEVER;
  }).meta({ type: "integer", minimum: 1, maximum: 999_999_999_999_999 }),
  text: String,
  unknown: () => problem(404, "There is no peer with this id"),
};
