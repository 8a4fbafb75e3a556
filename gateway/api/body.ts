// Reads bodies of requests. A body must be within the limit, UTF-8, JSON, and of the schema. Each
// step that fails answers with a problem of its own, and no problem repeats what was sent.

import type * as z from "zod";
import { nameText } from "../config/error.ts";
import { type MemberProblem, problem } from "./problem.ts";

// What a body costs is bounded by its own length: memory grows with what has arrived, long lists
// are refused before anything looks at their elements, and an answer has room for a few problems
// only.

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
  const body: GrowingBody = { buffer: new Uint8Array(BODY_LEN_FIRST), len: 0 };
  try {
    const end = await readOctets(request, body);
    if (end === "long") {
      return refused(problem(413, `The body is longer than ${BODY_LEN_MAX} octets`));
    }
    if (end === "short") return refused(problem(400, "The body ended before it was complete"));
    return parse(body.buffer.subarray(0, body.len), schema);
  } finally {
    // The body may have held a key.
    body.buffer.fill(0);
  }
}

function parse<T>(octets: Uint8Array, schema: z.ZodType<T>): ReadBody<T> {
  const json = parseJson(octets);
  if (json === undefined) return refused(problem(400, "The body is not JSON in UTF-8"));
  const long = longList(json.value);
  if (long !== undefined) return refused(invalid([long]));
  const result = schema.safeParse(json.value);
  if (result.success) return { kind: "value", value: result.data };
  return refused(invalid(result.error.issues));
}

/** The octets of a body that have arrived. */
interface GrowingBody {
  buffer: Uint8Array;
  len: number;
}

/**
 * Reads all octets of the body. Returns `long` if there are too many (the rest is not read), and
 * `short` if the client went away or broke the body's framing.
 */
async function readOctets(
  request: Request,
  body: GrowingBody,
): Promise<"whole" | "long" | "short"> {
  if (request.body === null) return "whole";
  const reader = request.body.getReader();
  for (;;) {
    // Only a failing stream rejects, and only the client can make it fail.
    const read = await reader.read().catch(() => undefined);
    if (read === undefined) return "short";
    const { done, value } = read;
    if (done) return "whole";
    if (value.length > BODY_LEN_MAX - body.len) {
      await reader.cancel();
      return "long";
    }
    makeRoom(body, body.len + value.length);
    body.buffer.set(value, body.len);
    body.len += value.length;
  }
}

function makeRoom(body: GrowingBody, len: number): void {
  if (len <= body.buffer.length) return;
  const larger = new Uint8Array(Math.max(len, 2 * body.buffer.length));
  larger.set(body.buffer);
  body.buffer.fill(0);
  body.buffer = larger;
}

/** The first member of a body that is a list longer than any that a schema takes. */
function longList(value: unknown): BodyIssue | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (!Array.isArray(member) || member.length <= LIST_LEN_MAX) continue;
    // A name that no schema has may be keying material. The schema refuses it, and looks no deeper.
    if (!NAME.test(key)) continue;
    const message = `must not be a list of more than ${LIST_LEN_MAX} elements`;
    return { code: "too_big", path: [key], message };
  }
  return undefined;
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
  const all = issues.flatMap(describe);
  const errors = all.slice(0, PROBLEMS_MAX);
  const unlisted = issues.reduce((sum, issue) => sum + countOf(issue), 0) - errors.length;
  const [first] = errors;
  const member = first?.pointer.slice(1);
  const detail = member === undefined || member === ""
    ? `The body ${first?.detail ?? "is invalid"}`
    : `${member}: ${first?.detail}`;
  return problem(422, detail, { errors, unlisted });
}

function countOf(issue: BodyIssue): number {
  return issue.code === "unrecognized_keys" ? issue.keys?.length ?? 0 : 1;
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

/** Room for a first part of a body, octets. */
const BODY_LEN_FIRST = 1024;

/**
 * Problems that an answer lists, and unknown members among them. A body can hold thousands of each,
 * and listing them all would make the answer larger than the body.
 */
const PROBLEMS_MAX = 20;
const UNKNOWN_MEMBERS_MAX = 8;

/** More elements than any list of ours may have. */
const LIST_LEN_MAX = 256;

/** Names of members. */
const NAME = /^[a-z][a-zA-Z]{0,31}$/;
