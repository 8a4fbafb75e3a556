// `/v1/events`: the gateway's events as a stream of server-sent events.

import * as z from "zod";
import { problem } from "./problem.ts";
import type { EventFeed } from "./event_feed.ts";
import type { Route } from "./route.ts";

/** The route of the events. */
export function eventRoutes(feed: EventFeed): readonly Route[] {
  return [{
    path: "/v1/events",
    methods: {
      GET: {
        summary: "What happens, as it happens; never ends",
        answers: {
          200: {
            description: "Server-sent events",
            content: { "text/event-stream": { schema: z.string() } },
          },
        },
        problems: [503],
        run: (context) => context.req.method === "HEAD" ? answer(null) : openStream(feed),
      },
    },
  }];
}

function openStream(feed: EventFeed): Response {
  const stream = feed.open();
  return stream === undefined
    ? problem(503, "Too many readers of events", { headers: { "retry-after": "10" } })
    : answer(stream);
}

/** The header tells an nginx in between not to buffer. */
function answer(stream: ReadableStream<Uint8Array<ArrayBuffer>> | null): Response {
  const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
  return new Response(stream, { headers });
}
