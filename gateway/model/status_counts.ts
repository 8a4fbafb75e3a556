// Counts by status of the core. `ts-bindings/status.ts` has the names.

import * as z from "zod";
import { COUNT } from "./count.ts";

/** Counts by name of the status, in snake_case. */
export const BY_STATUS = z.record(z.string(), COUNT);
