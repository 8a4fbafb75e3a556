// Reads bodies of requests. A body must be within the limit, UTF-8, JSON, and of the schema. Each
// step that fails answers with a problem of its own, and no problem repeats what was sent.

import type * as z from "zod";
import { nameText } from "../config/error.ts";
import { type MemberProblem, problem } from "./problem.ts";

/** 64 KiB, counted as the octets arrive, because Content-Length is only the client's claim. */
const BODY_LEN_MAX = 65_536;

/** The value of a body, or the response that refuses it. */
export type ReadBody<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "refused"; readonly response: Response };

/**
 * Reads a request's body and parses it with `schema`. The octets are wiped afterwards.
 *
 * @returns The value; or a problem: 413 if the body is too long, 400 if it is incomplete or not
 *   JSON, 422 if it does not fit the schema
 */
export async function readBody<T>(request: Request, schema: z.ZodType<T>): Promise<ReadBody<T>> {
  const buffer = new Uint8Array(BODY_LEN_MAX);
  try {
    const octets = await readOctets(request, buffer);
    if (octets === "long") {
      return refused(problem(413, `The body is longer than ${BODY_LEN_MAX} octets`));
    }
    if (octets === "short") return refused(problem(400, "The body ended before it was complete"));
    return parse(octets, schema);
  } finally {
    // The body may have held a key.
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
 * Reads all octets of the body into `buffer`. Returns `long` if there are too many (the rest is not
 * read), and `short` if the client went away or broke the body's framing.
 */
async function readOctets(
  request: Request,
  buffer: Uint8Array,
): Promise<Uint8Array | "long" | "short"> {
  if (request.body === null) return buffer.subarray(0, 0);
  const reader = request.body.getReader();
  let len = 0;
  for (;;) {
    // Only a failing stream rejects, and only the client can make it fail.
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

/**
 * Undefined if the text is not JSON. The parser's own message quotes the text, so it is discarded.
 */
function parseJson(octets: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets)) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The members of a zod issue that we need. */
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

/** RFC 6901. None of our member names has a character that must be escaped. */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key)}`).join("");
}

function refused(response: Response): { readonly kind: "refused"; readonly response: Response } {
  return { kind: "refused", response };
}

/**
 * Unknown members that an answer lists. A body can hold thousands of them, and listing them all
 * would make the answer larger than the body.
 */
const UNKNOWN_MEMBERS_MAX = 8;
