// The calls of the API as data: the handler beside all that the OpenAPI document says of it. What a
// path allows is known to the answer 405 as well, and what names something in a path is read by the
// schema that describes it.

import type { Context } from "@hono/hono";
import type { OpenAPIHono } from "@hono/zod-openapi";
import * as z from "zod";
import type { ProblemStatus } from "./problem.ts";

/**
 * What a server gives to `app.fetch` beside the request, and what is known of a request on its way.
 */
export interface ApiEnv {
  readonly Bindings: {
    /** Address of the client, for the audit log. */
    readonly remote?: string;
  };
  readonly Variables: {
    /** The change that is asked for. */
    action?: Action;
    /** What is to change, in our own writing: an SPI or a connection's id. */
    target?: string;
  };
}

export type Api = OpenAPIHono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;
export type Handler = (context: ApiContext) => Response | Promise<Response>;
export type Method = "GET" | "POST" | "DELETE";

/** Names of the changes in the audit log. */
export type Action = "connection_kick" | "drain" | "sa_dummy" | "sa_install" | "sa_remove";

/** An answer that is no problem. */
export interface Answer {
  readonly description: string;
  /** Bodies by media type; none is no body. */
  readonly content?: Readonly<Record<string, { readonly schema: z.ZodType }>>;
  readonly headers?: z.ZodObject;
  /** Parameter of other calls, by their operation id, and where in the body it stands. */
  readonly leadsTo?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A method of a path: what it does, and all that it may answer. */
export interface Call<Run = Handler> {
  readonly summary: string;
  /** A change has a name; reads have none. */
  readonly action?: Action;
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly problems?: readonly ProblemStatus[];
  readonly run: Run;
}

/** A path, its parameter in braces, and what may be done with it. */
export interface Route {
  readonly path: string;
  readonly params?: z.ZodObject;
  /** What a request's path names, in our own writing; undefined if it cannot be a name. */
  readonly target?: (context: ApiContext) => string | undefined;
  readonly methods: Readonly<Partial<Record<Method, Call>>>;
}

/** What the parameter of a path names. */
export interface Subject<T> {
  readonly param: string;
  readonly schema: z.ZodType<T>;
  readonly text: (value: T) => string;
  /** The 404 for what is not there, and for what cannot be a name. */
  readonly unknown: () => Response;
}

/** A route about one `subject`: its handlers get what the path names, read by the schema. */
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

export type SubjectHandler<T> = (context: ApiContext, value: T) => Response | Promise<Response>;

/** A route's path as the router writes it. */
export function routePath({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** RFC 9110 §9.2.1, of those that this API has: nothing changes. */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD";
}
