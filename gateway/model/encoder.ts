// Writes objects in the form in which JSON has them. `z.encode` does so too, but it checks every
// value again, which costs most of the time when thousands of SAs are shown at once.

import * as z from "zod";

/**
 * Makes the writer of objects with these members. It writes what `z.encode` writes, and trusts the
 * compiler that each value has its type.
 *
 * @param shape Schemas by member, in the order in which the members are written. A codec's own two
 *   schemas have no codecs in them
 * @returns Writes one object; it leaves out members that `shape` does not have, such as a key
 */
export function objectEncoder<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): (value: z.output<z.ZodObject<Shape>>) => z.input<z.ZodObject<Shape>> {
  const encoders = Object.entries<z.core.$ZodType>(shape)
    .map(([name, schema]) => ({ name, encode: encoderOf(schema) }));
  const blank = makeBlank(encoders.map(({ name }) => name));
  return (value) => {
    const members: Readonly<Record<string, unknown>> = value;
    const written = { ...blank };
    for (const { name, encode } of encoders) {
      written[name] = encode === null ? members[name] : encode(members[name]);
    }
    return written;
  };
}

/**
 * An object with these members, to be copied. V8 makes a slow dictionary of an object that gets so
 * many members one by one, and JSON.stringify then takes three times as long; it does not where
 * JSON.parse has made the first.
 */
function makeBlank(names: readonly string[]): ReturnType<typeof JSON.parse> {
  return JSON.parse(JSON.stringify(Object.fromEntries(names.map((name) => [name, null]))));
}

type Encode = (value: unknown) => unknown;

/** The writer of values of a schema; null if JSON has them as they are. */
function encoderOf(schema: z.core.$ZodType): Encode | null {
  if (SAME_IN_JSON.some((kind) => schema instanceof kind)) return null;
  if (schema instanceof z.ZodReadonly) return encoderOf(schema.def.innerType);
  if (schema instanceof z.ZodNullable) return nullableEncoder(encoderOf(schema.def.innerType));
  if (schema instanceof z.ZodArray) return arrayEncoder(encoderOf(schema.def.element));
  if (schema instanceof z.ZodCodec) return codecEncoder(schema);
  return (value) => z.encode(schema, value);
}

const SAME_IN_JSON = [z.ZodString, z.ZodNumber, z.ZodBoolean, z.ZodEnum];

function nullableEncoder(encode: Encode | null): Encode | null {
  return encode && ((value) => value === null ? null : encode(value));
}

function arrayEncoder(encode: Encode | null): Encode | null {
  return encode && ((value) => Array.isArray(value) ? value.map(encode) : value);
}

function codecEncoder({ def: { reverseTransform } }: z.ZodCodec): Encode {
  return (value) => reverseTransform(value, { value, issues: [] });
}
