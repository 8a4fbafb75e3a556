// The calls of the API as data: each handler stands beside everything the OpenAPI document says
// about it. The 405 answer takes the allowed methods from here, and the schema that describes a
// path's parameter also reads it.

import type { Context } from "@hono/hono";
import type { OpenAPIHono } from "@hono/zod-openapi";
import * as z from "zod";
import type { ProblemStatus } from "./problem.ts";

/** What a server passes to `app.fetch` beside the request, and what middleware learns about it. */
export interface ApiEnv {
  readonly Bindings: {
    /** The client's address, for the audit log. */
    readonly remote?: string;
  };
  readonly Variables: {
    /** The requested change. */
    action?: Action;
    /** What it would change, as we write it: the id or SPI of an SA, or the id of a connection. */
    target?: string;
  };
}

export type Api = OpenAPIHono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;
export type Handler = (context: ApiContext) => Response | Promise<Response>;
export type Method = "GET" | "POST" | "DELETE";

/** Names of the changes in the audit log. */
export type Action =
  | "client_add"
  | "client_remove"
  | "connection_kick"
  | "drain"
  | "peer_end"
  | "sa_dummy"
  | "sa_install"
  | "sa_remove";

/** An answer that is not a problem. */
export interface Answer {
  readonly description: string;
  /** Bodies by media type. Absent if there is no body. */
  readonly content?: Readonly<Record<string, { readonly schema: z.ZodType }>>;
  readonly headers?: z.ZodObject;
  /** For other calls by operation id: a parameter, and the pointer to its value in this body. */
  readonly leadsTo?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A method of a path: what it does, and everything it may answer. */
export interface Call<Run = Handler> {
  readonly summary: string;
  /** The name of a change. Reads have none. */
  readonly action?: Action;
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly problems?: readonly ProblemStatus[];
  readonly run: Run;
}

/** A path with its parameter in braces, and its methods. */
export interface Route {
  readonly path: string;
  readonly params?: z.ZodObject;
  /**
   * The target that a request's path names, as we write it. Undefined if the path names nothing
   * valid.
   */
  readonly target?: (context: ApiContext) => string | undefined;
  readonly methods: Readonly<Partial<Record<Method, Call>>>;
}

/** The kind of thing that a path's parameter names. */
export interface Subject<T> {
  readonly param: string;
  readonly schema: z.ZodType<T>;
  readonly text: (value: T) => string;
  /** The 404 for a name of nothing and for a malformed name. */
  readonly unknown: () => Response;
}

/** A route about one `subject`. Its handlers get the path's parameter as read by the schema. */
export function subjectRoute<T>(
  subject: Subject<T>,
  path: string,
  methods: Readonly<Partial<Record<Method, Call<SubjectHandler<T>>>>>,
): Route {
  function read(context: ApiContext): T | undefined {
    const named = subject.schema.safeParse(context.req.param(subject.param));
    return named.success ? named.data : undefined;
  }

  function bind(call: Call<SubjectHandler<T>>): Call {
    const run: Handler = (context) => {
      const value = read(context);
      return value === undefined ? subject.unknown() : call.run(context, value);
    };
    return { ...call, problems: [404, ...call.problems ?? []], run };
  }

  const bound = Object.entries(methods).map(([method, call]) => [method, bind(call)]);
  return {
    path,
    params: z.object({ [subject.param]: subject.schema }),
    target(context): string | undefined {
      const value = read(context);
      return value === undefined ? undefined : subject.text(value);
    },
    methods: Object.fromEntries(bound),
  };
}

/** A handler that also gets the value its path names. */
export type SubjectHandler<T> = (context: ApiContext, value: T) => Response | Promise<Response>;

/** A route's path in the router's notation. */
export function routePath({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** Whether the method is safe (RFC 9110 §9.2.1): it changes nothing. */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD";
}
