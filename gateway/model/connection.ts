// Connections, as they are shown. Rows are read in their JSON form at once, because each dashboard
// asks for all of them every second.

import * as z from "zod";
import { answer } from "./answer.ts";
import { BY_STATE } from "./connection_state.ts";
import { COUNT } from "./count.ts";
import { byDirection } from "./direction.ts";
import { BY_KIND } from "./frame_kind.ts";
import { SPI_TEXT } from "./spi.ts";
import { TIME } from "./time.ts";
import type { Value } from "./value.ts";

/** Number of a connection; never used again by the same process. */
export const CONNECTION_ID = z.int().positive();

export const CONNECTION = answer({
  id: CONNECTION_ID,
  remote: z.string().meta({ examples: ["192.0.2.7:49152", "[2001:db8::7]:49152"] }),
  /** The address that the peer has connected to. */
  local: z.string().meta({ examples: ["192.0.2.1:4500", "[2001:db8::1]:443"] }),
  state: BY_STATE.keyof(),
  since: TIME,
  lane: COUNT,
  frames: byDirection(BY_KIND),
  octets: byDirection(BY_KIND),
  queueOctets: COUNT,
  /** SAs whose peer has its path here. */
  spis: z.array(SPI_TEXT),
  /** Smoothed round trip of TCP; null if the kernel does not say. */
  rttMicros: COUNT.nullable(),
}).meta({ id: "Connection" });

export type ConnectionView = Value<typeof CONNECTION>;

export const CONNECTIONS = answer({ connections: z.array(CONNECTION) });
