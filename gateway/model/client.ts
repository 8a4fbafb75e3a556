// Clients that this gateway has made, as its API and its commands see them.

import * as z from "zod";

const NAME_ERROR = "must be 1 to 63 of a-z, 0-9 and . - _, and begin with a letter or digit";

/**
 * The name of a client, which is its identity too. Names that differ by case alone would be one
 * identity, so letters are small.
 */
export const CLIENT_NAME: z.ZodString = z.string({ error: NAME_ERROR })
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, { error: NAME_ERROR });
