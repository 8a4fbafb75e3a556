// Schemas of numbers and words that settings have, whether they come from a file as they are, or
// from a flag or a variable as text.

import * as z from "zod";

/** A whole number within bounds. */
export function whole(min: number, max: number): z.ZodType<number> {
  return wholeWith(`must be a whole number from ${min} to ${max}`, { min, max });
}

/** The word `auto`, or a whole number within bounds. */
export function autoOrWhole(min: number, max: number): z.ZodType<"auto" | number> {
  const error = `must be auto or a whole number from ${min} to ${max}`;
  return z.union([z.literal("auto"), wholeWith(error, { min, max })], { error });
}

/** A number from a file, or its digits from anywhere. */
function wholeWith(
  error: string,
  { min, max }: { readonly min: number; readonly max: number },
): z.ZodType<number> {
  const digits = z.string({ error }).regex(/^\d{1,10}$/, { error }).transform(Number);
  return z.union([z.int({ error }), digits], { error })
    .pipe(z.int({ error }).min(min, { error }).max(max, { error }));
}

/** One of these names, as they are written. */
export function oneOf<const T extends readonly string[]>(
  names: T,
): z.ZodEnum<{ [Name in T[number]]: Name }> {
  return z.enum(names, { error: `must be one of ${names.join(", ")}` });
}

/** True or false, or a word that means one of them. */
export function trueOrFalse(): z.ZodType<boolean> {
  return z.preprocess(truthOf, z.boolean({ error: "must be true or false" }));
}

/** `on` or `off`, or what means the same. */
export function onOrOff(): z.ZodType<"on" | "off"> {
  return z.preprocess(
    truthOf,
    z.boolean({ error: "must be one of on, off" }).transform((isOn) => isOn ? "on" : "off"),
  );
}

/** The truth value that a word stands for, in any case of letters; other values as they are. */
function truthOf(value: unknown): unknown {
  return typeof value === "string" ? TRUTHS.get(value.toLowerCase()) ?? value : value;
}

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "on", "yes", "1"].map((word) => [word, true] as const),
  ...["false", "off", "no", "0"].map((word) => [word, false] as const),
]);
