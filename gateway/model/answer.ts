// Objects that the API answers with.

import * as z from "zod";

/**
 * The schema of an object that is sent to clients.
 *
 * A reader keeps members that it does not know, so that an older client reads a newer gateway. To
 * the compiler the object has no other members than these.
 */
export function answer<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape);
}
