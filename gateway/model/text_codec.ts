// Values that are text in JSON, TOML and paths.

import * as z from "zod";

/** The value of a text, or the problem with it in words for the user. */
export type ParsedText<T> = { readonly value: T } | { readonly problem: string };

/** The two ways between a text and its value. */
export interface TextForm<T> {
  /** A problem repeats no part of the text, because that may be keying material. */
  readonly parse: (text: string) => ParsedText<T>;
  readonly emit: (value: T) => string;
}

/** Makes a codec that reads the texts that `text` accepts, and makes a `value` of each. */
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
