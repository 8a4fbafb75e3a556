// Connections as they are shown. Rows are read straight into their JSON form, because each
// dashboard asks for all of them every second.

import * as z from "zod";
import { answer } from "./answer.ts";
import { BY_STATE } from "./connection_state.ts";
import { COUNT } from "./count.ts";
import { byDirection } from "./direction.ts";
import { BY_KIND } from "./frame_kind.ts";
import { SA_ID } from "./sa_name.ts";
import { SPI_TEXT } from "./spi.ts";
import { TIME } from "./time.ts";
import type { Value } from "./value.ts";

/** Number of a connection. No other connection of the same process has it. */
export const CONNECTION_ID = z.int().positive();

/** One connection at one moment. */
export const CONNECTION = answer({
  id: CONNECTION_ID,
  remote: z.string().meta({ examples: ["192.0.2.7:49152", "[2001:db8::7]:49152"] }),
  /** The address that the peer has connected to. */
  local: z.string().meta({ examples: ["192.0.2.1:4500", "[2001:db8::1]:443"] }),
  /**
   * The address from which the daemon hears of it; null before something was sent there. The
   * daemon's own list of IKE SAs has it as the client's.
   */
  upstreamLocal: z.string().nullable().meta({ examples: ["127.97.46.176:40124"] }),
  state: BY_STATE.keyof(),
  since: TIME,
  lane: COUNT,
  frames: byDirection(BY_KIND),
  octets: byDirection(BY_KIND),
  queueOctets: COUNT,
  /** Ids of the SAs whose peer has its path here, */
  sas: z.array(SA_ID),
  /** and their SPIs, in the same order. */
  spis: z.array(SPI_TEXT),
  /** Smoothed round trip of TCP, us; null if the kernel does not say. */
  rttMicros: COUNT.nullable(),
}).meta({ id: "Connection" });

export type ConnectionView = Value<typeof CONNECTION>;

/** The answer of `GET /v1/connections`. */
export const CONNECTIONS = answer({ connections: z.array(CONNECTION) });
