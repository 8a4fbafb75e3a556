// One value in a file of the state, as JSON.

import type * as z from "zod";
import type { PrivateFolder } from "../runtime/types.ts";

/** A file that holds something else than this program has written. It is left as it is. */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";
}

/**
 * Reads the value of a file; undefined if there is no such file.
 *
 * @throws {DamagedFileError} If it holds something else; the message has nothing of it
 * @throws {Error} If it cannot be read
 */
export async function readRecord<T>(
  folder: PrivateFolder,
  name: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const octets = await folder.read(name);
  if (octets === undefined) return undefined;
  const result = schema.safeParse(jsonOf(octets));
  octets.fill(0);
  if (result.success) return result.data;
  const path = `${folder.path}/${name}`;
  throw new DamagedFileError(`Cannot read ${path}: it is damaged (restore it, or move it away)`);
}

/** The octets of a value. The caller wipes them if they hold a secret. */
export function recordOctets(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

/** Undefined if it is not JSON. */
function jsonOf(octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
