// Schemas that settings are made of, and the words of the documents beside them.

import * as z from "zod";
import type { ParsedText } from "../model/text_codec.ts";

/**
 * What the help and the documents say about a setting, and its default as a user would write it.
 */
export interface SettingDoc {
  /** The placeholder of the value in the help. Undefined for a switch. */
  readonly value: string | undefined;
  /** The default, as on the command line. Without one, {@link unset} describes what happens. */
  readonly fallback?: string;
  /** What applies when the setting is not set, in words. Without them the documents say "none". */
  readonly unset?: string;
  readonly isRepeatable?: true;
  readonly help: string;
}

/** The documents' words on each setting. */
export const settingDocs: z.core.$ZodRegistry<SettingDoc> = z.registry<SettingDoc>();

/** Keeps the documents' words on a setting. */
export function documented<T extends z.ZodType>(schema: T, doc: SettingDoc): T {
  settingDocs.add(schema, doc);
  return schema;
}

/** Reads the text of a setting. */
export type TextParser<T> = (text: string) => ParsedText<T>;

/** A text that is not empty. */
export function text(): z.ZodString {
  return z.string({ error: "must be a string" }).min(1, { error: "must not be empty" });
}

/** What a parser makes of a text. */
export function parsed<T>(parse: TextParser<T>): z.ZodType<T, string> {
  return text().transform((input, context) => {
    const result = parse(input);
    if ("value" in result) return result.value;
    context.addIssue({ code: "custom", message: result.problem });
    return z.NEVER;
  });
}

/**
 * One value or an array of them. A flag may be repeated, and a variable holds a list with commas.
 */
export function repeatable<T>(one: z.ZodType<T, string>): z.ZodType<readonly T[]> {
  const error = "must be a non-empty array of strings";
  return z.union([text().transform((input) => [input]), z.array(text()).min(1, { error })], {
    error,
  }).pipe(z.array(one));
}
