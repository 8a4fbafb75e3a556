// Objects that the API answers with.

import * as z from "zod";

/**
 * Makes the schema of an object that is sent to clients.
 *
 * A reader keeps members that it does not know, so that an older client can read a newer gateway.
 * The compiler sees only the members of `shape`.
 */
export function answer<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape);
}
