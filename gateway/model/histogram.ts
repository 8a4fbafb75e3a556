// Histograms. Lanes count them in shared memory.

import * as z from "zod";
import { answer } from "./answer.ts";
import { COUNT } from "./count.ts";
import type { Value } from "./value.ts";

/** Numbers of values, by upper bound. */
export const HISTOGRAM = answer({
  bounds: z.array(z.number()).meta({ description: "Upper bounds, ascending, without the last" }),
  counts: z.array(COUNT).meta({ description: "One more than bounds; not cumulative" }),
  sum: z.number(),
});

export type Histogram = Value<typeof HISTOGRAM>;
