// `/openapi.json`: the contract of the API, generated from the routes and schemas that serve it.

import * as z from "zod";
import { VERSION } from "../model/version.ts";
import { json } from "./describe.ts";
import type { Api, Route } from "./route.ts";

/** The route of the document. All routes must be on `app` before the first request for it. */
export function openApiRoutes(app: Api): readonly Route[] {
  let document: Response | undefined;
  return [{
    path: "/openapi.json",
    methods: {
      GET: {
        summary: "This document",
        answers: {
          200: {
            description: "OpenAPI 3.1",
            content: json(z.looseObject({ openapi: z.string() })),
          },
        },
        run: () => {
          document ??= Response.json(openApiDocument(app));
          return document.clone();
        },
      },
    },
  }];
}

/** The document of all routes of `app`. */
function openApiDocument(app: Api): ReturnType<Api["getOpenAPI31Document"]> {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Culvert",
      version: VERSION,
      description:
        "Gateway for IKE and ESP in TCP (RFC 9329). Errors are problems (RFC 9457); none repeats " +
        "what was sent.",
      license: { name: "Apache-2.0 OR MIT" },
    },
  });
}
