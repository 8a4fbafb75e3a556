// Moments, in the form of the API and the log.

import * as z from "zod";

/** RFC 3339 in UTC, with milliseconds. */
export const TIME = z.string().meta({ format: "date-time" });
