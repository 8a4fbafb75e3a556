// `/metrics`, in the text form that the collector asks for.

import * as z from "zod";
import type { Gateway } from "../model/gateway.ts";
import { preferredType } from "./accept.ts";
import { CONTENT_TYPES, MEDIA_TYPES, type MetricsFormat, renderMetrics } from "./exposition.ts";
import type { ApiContext, Route } from "./route.ts";

/** The route of the metrics. */
export function metricsRoutes(gateway: Gateway): readonly Route[] {
  return [{
    path: "/metrics",
    methods: {
      GET: {
        summary: "Counters for Prometheus",
        answers: {
          200: {
            description: "Text format 0.0.4, or OpenMetrics 1.0 where Accept asks for it",
            content: {
              [CONTENT_TYPES.prometheus]: { schema: z.string() },
              [CONTENT_TYPES.openmetrics]: { schema: z.string() },
            },
          },
        },
        run: (context) => show(gateway, context),
      },
    },
  }];
}

function show(gateway: Gateway, context: ApiContext): Response {
  const format = formatOf(context);
  return context.body(renderMetrics(gateway.status(), format), 200, {
    "content-type": CONTENT_TYPES[format],
    vary: "Accept",
  });
}

function formatOf(context: ApiContext): MetricsFormat {
  const { prometheus, openmetrics } = MEDIA_TYPES;
  const type = preferredType(context.req.header("accept"), [prometheus, openmetrics]);
  return type === MEDIA_TYPES.openmetrics ? "openmetrics" : "prometheus";
}
