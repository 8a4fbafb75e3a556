// Members that a user has to give, and the words for one that is missing.

import * as z from "zod";

/** Makes the schema of a text; `problem` says what it must be. */
export function requiredText(problem: string): z.ZodString {
  return z.string({ error: (issue) => missing(issue) ?? problem });
}

/** Makes the schema of one of these names. */
export function requiredName<const Names extends readonly string[]>(
  names: Names,
): z.ZodEnum<{ [Name in Names[number]]: Name }> {
  return z.enum(names, {
    error: (issue) => missing(issue) ?? `must be one of ${names.join(", ")}`,
  });
}

/** The words for a member that is not there; undefined if it is. */
export function missing(issue: { readonly input?: unknown }): string | undefined {
  return issue.input === undefined ? "is required" : undefined;
}
