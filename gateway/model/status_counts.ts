// Counts by status, under the names that `ts-bindings/status.ts` has of the core.

import * as z from "zod";
import { COUNT } from "./count.ts";

/** By name of the status in snake_case. */
export const BY_STATUS = z.record(z.string(), COUNT);
