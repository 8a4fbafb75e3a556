// Describes the calls for the OpenAPI document, from the same data and schemas that answer them.

import { createRoute, type RouteConfig } from "@hono/zod-openapi";
import type * as z from "zod";
import { PROBLEM, type ProblemStatus, TITLES } from "./problem.ts";
import type { Answer, Call, Route } from "./route.ts";

/** Problems that every call may answer with: no token, a wrong Host or Origin, our own fault. */
const COMMON_PROBLEMS: readonly ProblemStatus[] = [401, 403, 500];

/** Describes one method of a path. */
export function describeCall(route: Route, method: string, call: Call): RouteConfig {
  return createRoute({
    path: route.path,
    method: methodOf(method),
    operationId: operationId(route.path, method),
    summary: call.summary,
    // Changes need a token if there is one. When the API is not on loopback, every call needs it.
    security: [{}, { token: [] }],
    request: requestOf(route, call),
    responses: {
      ...Object.fromEntries(Object.entries(call.answers).map(describeAnswer)),
      ...Object.fromEntries([...COMMON_PROBLEMS, ...call.problems ?? []].map(describeProblem)),
    },
  });
}

/** The content of a JSON body with this schema. */
export function json(schema: z.ZodType): { readonly "application/json": { schema: z.ZodType } } {
  return { "application/json": { schema } };
}

function requestOf({ params }: Route, { body }: Call): NonNullable<RouteConfig["request"]> {
  return {
    ...(params === undefined ? {} : { params }),
    ...(body === undefined ? {} : { body: { required: true, content: json(body) } }),
  };
}

function describeAnswer(
  [status, answer]: readonly [string, Answer],
): readonly [string, RouteConfig["responses"][string]] {
  const { description, content, headers, leadsTo } = answer;
  return [status, {
    description,
    ...(content === undefined ? {} : { content }),
    ...(headers === undefined ? {} : { headers }),
    ...(leadsTo === undefined ? {} : { links: describeLinks(leadsTo) }),
  }];
}

interface Link {
  readonly operationId: string;
  readonly parameters: Record<string, string>;
}

function describeLinks(leadsTo: NonNullable<Answer["leadsTo"]>): Record<string, Link> {
  const links = Object.entries(leadsTo).map(([operationId, pointers]) => {
    const parameters = Object.entries(pointers)
      .map(([name, pointer]) => [name, `$response.body#${pointer}`]);
    return [operationId, { operationId, parameters: Object.fromEntries(parameters) }] as const;
  });
  return Object.fromEntries(links);
}

function describeProblem(
  status: ProblemStatus,
): readonly [string, RouteConfig["responses"][string]] {
  const content = { "application/problem+json": { schema: PROBLEM } };
  return [String(status), { description: TITLES[status], content }];
}

function methodOf(method: string): RouteConfig["method"] {
  switch (method) {
    case "POST":
      return "post";
    case "DELETE":
      return "delete";
    default:
      return "get";
  }
}

/** The operation id: `/v1/sas/{spi}` and GET make `getV1SasSpi`. */
function operationId(path: string, method: string): string {
  const words = [method.toLowerCase(), ...path.split(/[^a-z0-9]+/i).filter((word) => word !== "")];
  return words.map((word, at) => at === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
