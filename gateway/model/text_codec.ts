// Values that JSON, TOML and paths have as text.

import * as z from "zod";

/** What a text is read as, or what is wrong with it, in words for its user. */
export type ParsedText<T> = { readonly value: T } | { readonly problem: string };

/** The two ways between a text and its value. */
export interface TextForm<T> {
  /** @returns A problem, which repeats no part of the text: it may be keying material */
  readonly parse: (text: string) => ParsedText<T>;
  readonly emit: (value: T) => string;
}

/** A codec that reads what `text` lets through as a `value`. */
export function textCodec<T>(
  text: z.ZodString,
  value: z.ZodType<T, T>,
  form: TextForm<T>,
): z.ZodCodec<z.ZodString, z.ZodType<T, T>> {
  return z.codec(text, value, {
    decode(input, context): T {
      const parsed = form.parse(input);
      if ("value" in parsed) return parsed.value;
      context.issues.push({ code: "custom", message: parsed.problem, input });
      return z.NEVER;
    },
    encode: form.emit,
  });
}
