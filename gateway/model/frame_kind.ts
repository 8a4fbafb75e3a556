// The four kinds of frames.

import { answer } from "./answer.ts";
import { COUNT } from "./count.ts";
import type { Value } from "./value.ts";

/** Frames of each kind, or their octets. */
export const BY_KIND = answer({ ike: COUNT, esp: COUNT, keepalive: COUNT, empty: COUNT });

export type ByKind = Value<typeof BY_KIND>;
export type FrameKind = keyof ByKind;
