// Errors as problems (RFC 9457). A detail names the fault and never repeats what was sent, because
// that may be keying material.
import { answer } from "../model/answer.ts";
import { SA_ID } from "../model/sa_name.ts";
import type { Value } from "../model/value.ts";
import * as z from "zod";

/** The statuses of the API's refusals. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 422 | 500 | 503;

const MEMBER_PROBLEM = answer({
  pointer: z.string().meta({ description: "The member at fault (RFC 6901)" }),
  detail: z.string(),
});

/** One member at fault. */
export type MemberProblem = Value<typeof MEMBER_PROBLEM>;

/** The body of a problem. */
export const PROBLEM = answer({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.array(MEMBER_PROBLEM).optional(),
  unlisted: z.int().positive().optional()
    .meta({ description: "How many further members are at fault" }),
  reason: z.string().optional().meta({
    description: "The name of the fault; the first of several",
  }),
  reasons: z.array(z.string()).optional().meta({ description: "The names of all of them" }),
  sas: z.array(SA_ID).optional().meta({ description: "Ids of the SAs that have the SPI" }),
}).meta({ id: "Problem" });

/** What a problem may have beside its status and detail. */
export interface ProblemOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly MemberProblem[];
  /** How many problems beside `errors` there are. */
  readonly unlisted?: number;
  /** Names of what is at fault in the gateway. */
  readonly reasons?: readonly string[];
  /** Ids of the SAs that the request could mean. */
  readonly sas?: readonly number[];
}

/**
 * Titles by status, from RFC 9110 §15. `STATUS_CODES` of `node:http` has older names for two:
 * "Payload Too Large" and "Unprocessable Entity".
 */
export const TITLES: Readonly<Record<ProblemStatus, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  422: "Unprocessable Content",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Makes the response of a problem. */
export function problem(
  status: ProblemStatus,
  detail: string,
  options: ProblemOptions = {},
): Response {
  const { errors, unlisted = 0, reasons, sas, headers } = options;
  const body = {
    ...{ type: "about:blank", title: TITLES[status], status, detail },
    ...errors !== undefined && { errors },
    ...unlisted > 0 && { unlisted },
    ...reasons !== undefined && { reason: reasons[0], reasons },
    ...sas !== undefined && { sas },
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}

/** Makes the response of a problem with one member of the body, or with all of it. */
export function memberProblem(
  status: 409 | 422,
  member: string | undefined,
  detail: string,
): Response {
  if (member === undefined) return problem(status, detail);
  const errors = [{ pointer: `/${member}`, detail }];
  const isNamed = detail.startsWith(`${member} `);
  return problem(status, isNamed ? detail : `${member}: ${detail}`, { errors });
}
