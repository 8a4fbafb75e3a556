// What the API answers with, as schemas: the OpenAPI document is made of them, and the terminal commands read answers by them.
// Answers may have more members than these, so that an older client reads a newer gateway.

import * as z from "zod";

/** A count: exact up to 2^53. */
const COUNT = z.int().nonnegative();

/** Above 2^53 a decimal string, as JSON's readers would round. */
const EXACT = z.union([COUNT, z.string()]).meta({
  anyOf: [{ type: "integer", minimum: 0 }, { type: "string", pattern: "^[1-9][0-9]{15,19}$" }],
  description: "A whole number; above 2^53 a decimal string",
  type: ["integer", "string"],
});

const TIME = z.string().meta({ format: "date-time" });

/** An SPI as answers have it. */
const SPI = z.string().meta({ pattern: "^0x[0-9a-f]{8}$", examples: ["0xc0ffee01"] });

/** Number of a connection; never used again by the same process. */
const CONNECTION_ID = z.int().positive();

const BY_KIND = z.looseObject({ ike: COUNT, esp: COUNT, keepalive: COUNT, empty: COUNT });
const BY_DIRECTION_AND_KIND = z.looseObject({ inbound: BY_KIND, outbound: BY_KIND });
const BY_DIRECTION = z.looseObject({ inbound: COUNT, outbound: COUNT });

/** By name of the status in snake_case. */
const BY_STATUS = z.record(z.string(), COUNT);

const HISTOGRAM = z.looseObject({
  bounds: z.array(z.number()).meta({ description: "Upper bounds, ascending, without the last" }),
  counts: z.array(COUNT).meta({ description: "One more than bounds; not cumulative" }),
  sum: z.number(),
});

export const TOTALS = z.looseObject({
  connections: z.looseObject({
    accepted: COUNT,
    prefixed: COUNT,
    enabled: COUNT,
    draining: COUNT,
  }),
  accepts: z.looseObject({
    accepted: COUNT,
    refused_total: COUNT,
    refused_source: COUNT,
    refused_draining: COUNT,
  }),
  frames: BY_DIRECTION_AND_KIND,
  octets: BY_DIRECTION_AND_KIND,
  drops: BY_STATUS,
  closes: BY_STATUS,
  sas: BY_DIRECTION,
  espPackets: BY_DIRECTION,
  ecnMarks: COUNT,
  sendQueueOctets: HISTOGRAM,
  ikeDelaySeconds: HISTOGRAM,
  laneBusyRatio: z.array(z.number().min(0).max(1)),
  eventsLost: COUNT,
}).meta({ id: "Totals" });

export const STATUS = z.looseObject({
  version: z.string(),
  uptimeSeconds: z.number().nonnegative(),
  runtime: z.string(),
  engine: z.string(),
  lanes: z.int().positive(),
  limits: z.record(z.string(), z.number()),
  totals: TOTALS,
  draining: z.boolean(),
}).meta({ id: "Status" });

export const CONNECTION = z.looseObject({
  id: CONNECTION_ID,
  remote: z.string().meta({ examples: ["192.0.2.7:49152", "[2001:db8::7]:49152"] }),
  local: z.string().meta({ examples: ["192.0.2.1:4500", "[2001:db8::1]:443"] }),
  state: z.enum(["accepted", "prefixed", "enabled", "draining"]),
  since: TIME,
  lane: COUNT,
  frames: BY_DIRECTION_AND_KIND,
  octets: BY_DIRECTION_AND_KIND,
  queueOctets: COUNT,
  spis: z.array(SPI),
  rttMicros: COUNT.nullable(),
}).meta({ id: "Connection" });

export const CONNECTIONS = z.looseObject({ connections: z.array(CONNECTION) });

export const SA = z.looseObject({
  spi: SPI,
  direction: z.enum(["inbound", "outbound"]),
  peer: z.string(),
  aead: z.enum(["aes-gcm-16", "chacha20-poly1305"]),
  keyBits: z.int().positive(),
  local: z.array(z.string()),
  remote: z.array(z.string()),
  esn: z.boolean(),
  replayWindow: COUNT,
  softPackets: EXACT,
  hardPackets: EXACT,
  hardOctets: EXACT,
  hardSeconds: COUNT,
  initialSequence: EXACT,
  state: z.enum(["active", "soft", "expired"]),
  packets: EXACT,
  octets: EXACT,
  sequence: EXACT.meta({
    description: "Outbound: the last number used. Inbound: the highest authenticated",
  }),
  installedAt: TIME,
  lastValidAt: TIME.nullable(),
  path: CONNECTION_ID.nullable().meta({
    description: "Connection on which the peer's packets leave; outbound only",
  }),
}).meta({ id: "Sa" });

export const SAS = z.looseObject({ sas: z.array(SA) });

export const DRAINING = z.looseObject({ draining: z.boolean() });

export const PROBLEM = z.looseObject({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.array(z.looseObject({
    pointer: z.string().meta({ description: "The member at fault (RFC 6901)" }),
    detail: z.string(),
  })).optional(),
}).meta({ id: "Problem" });
