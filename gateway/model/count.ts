// Numbers that count something.

import * as z from "zod";

/** A count: exact up to 2^53. */
export const COUNT = z.int().nonnegative();
