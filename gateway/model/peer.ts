// Peers whose IKE SA is up here, as they are shown.

import * as z from "zod";
import { answer } from "./answer.ts";
import { CONNECTION_ID } from "./connection.ts";
import { COUNT } from "./count.ts";
import { byDirection } from "./direction.ts";
import { SPI_TEXT } from "./spi.ts";
import { TIME } from "./time.ts";
import type { Value } from "./value.ts";

/** Number of an IKE SA. Its rekeys keep it, and no other of the same process has it. */
export const PEER_ID = z.int().positive();

/** A pair of SAs, one for each direction. */
export const CHILD_SA = answer({
  /** The SPI that this side receives on. */
  id: SPI_TEXT,
  suite: z.string().meta({ examples: ["aes256gcm16-esn"] }),
  local: z.array(z.string()),
  remote: z.array(z.string()),
  /** Octets of ESP. */
  octets: byDirection(COUNT),
  since: TIME,
});

/** One peer at one moment. */
export const PEER = answer({
  id: PEER_ID,
  /** What it has proved to be. */
  identity: z.string().meta({ examples: ["carol@example.org"] }),
  /** Name of its entry in the configuration. */
  policy: z.string(),
  /** Address and port of its connection; null while it has none. */
  remote: z.string().nullable().meta({ examples: ["192.0.2.7:49152"] }),
  transport: z.enum(["tcp"]),
  connection: CONNECTION_ID.nullable(),
  /** Whether it has a connection. */
  state: z.enum(["connected", "away"]),
  role: z.enum(["initiator", "responder"]).meta({ description: "Of this side" }),
  since: TIME,
  /** Inner addresses that it has been given, or that it has given to this side. */
  lease: z.array(z.string()),
  ike: answer({
    suite: z.string().meta({ examples: ["aes256gcm16-prfsha256-x25519"] }),
    spi: z.string().meta({
      description: "SPIs of initiator and responder",
      examples: ["8f3a61c07be44d15_i 20b9c7e5d1f60a38_r"],
    }),
  }),
  children: z.array(CHILD_SA),
  rekeys: answer({ ike: COUNT, child: COUNT }),
  /** When its last authentic packet came; null before the first. */
  lastSeen: TIME.nullable(),
}).meta({ id: "Peer" });

export type PeerView = Value<typeof PEER>;

/** The answer of `GET /v1/peers`. */
export const PEERS = answer({ peers: z.array(PEER) });
