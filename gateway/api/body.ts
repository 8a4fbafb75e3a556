// Bodies of requests: bounded, UTF-8, JSON, of the schema. Each step has its problem, and none
// repeats what was sent.

import type * as z from "zod";
import { nameText } from "../config/error.ts";
import { type MemberProblem, problem } from "./problem.ts";

/** 64 KiB, counted as the octets arrive: what Content-Length says is the client's word only. */
const BODY_LEN_MAX = 65_536;

/** A body that was read, or the answer that refuses it. */
export type ReadBody<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "refused"; readonly response: Response };

/** Reads a request's body as what `schema` says. */
export async function readBody<T>(request: Request, schema: z.ZodType<T>): Promise<ReadBody<T>> {
  const buffer = new Uint8Array(BODY_LEN_MAX);
  try {
    const octets = await readOctets(request, buffer);
    if (octets === "long") {
      return refused(problem(413, `The body is longer than ${BODY_LEN_MAX} octets`));
    }
    if (octets === "short") return refused(problem(400, "The body ended before its end"));
    return parse(octets, schema);
  } finally {
    // It may have held a key.
    buffer.fill(0);
  }
}

function parse<T>(octets: Uint8Array, schema: z.ZodType<T>): ReadBody<T> {
  const json = parseJson(octets);
  if (json === undefined) return refused(problem(400, "The body is not JSON in UTF-8"));
  const result = schema.safeParse(json.value);
  if (result.success) return { kind: "value", value: result.data };
  return refused(invalid(result.error.issues));
}

/**
 * All octets of the body, in `buffer`. `long`: there are too many, and the rest is not read.
 * `short`: on the way the client has gone, or has broken the body's framing.
 */
async function readOctets(
  request: Request,
  buffer: Uint8Array,
): Promise<Uint8Array | "long" | "short"> {
  if (request.body === null) return buffer.subarray(0, 0);
  const reader = request.body.getReader();
  let len = 0;
  for (;;) {
    // Only a stream that fails rejects, and only the client can make it.
    const read = await reader.read().catch(() => undefined);
    if (read === undefined) return "short";
    const { done, value } = read;
    if (done) return buffer.subarray(0, len);
    if (value.length > buffer.length - len) {
      await reader.cancel();
      return "long";
    }
    buffer.set(value, len);
    len += value.length;
  }
}

/** Undefined if it is not JSON. The parser's own message quotes the text, so it goes nowhere. */
function parseJson(octets: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets)) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** As much of a zod issue as problems are made of. */
interface BodyIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function invalid(issues: readonly BodyIssue[]): Response {
  const errors = issues.flatMap(describe);
  const [first] = errors;
  const member = first?.pointer.slice(1);
  const detail = member === undefined || member === ""
    ? `The body ${first?.detail ?? "is invalid"}`
    : `${member}: ${first?.detail}`;
  return problem(422, detail, { errors });
}

function describe(issue: BodyIssue): readonly MemberProblem[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ pointer: pointerOf(issue.path), detail: issue.message }];
  }
  return (issue.keys ?? []).slice(0, UNKNOWN_MEMBERS_MAX)
    .map((key) => ({ pointer: "", detail: `has an unknown member ${nameText(key)}` }));
}

/** RFC 6901. Members of ours have no character that it escapes. */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key)}`).join("");
}

function refused(response: Response): { readonly kind: "refused"; readonly response: Response } {
  return { kind: "refused", response };
}

/**
 * A body can hold thousands of unknown members; an answer that lists them all would be larger than
 * the body.
 */
const UNKNOWN_MEMBERS_MAX = 8;
