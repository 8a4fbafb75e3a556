// SAs as they are shown: everything but the key.

import * as z from "zod";
import { answer } from "./answer.ts";
import { CONNECTION_ID } from "./connection.ts";
import { objectEncoder } from "./encoder.ts";
import { SHOWN_MEMBERS } from "./sa_members.ts";
import { SA_ID } from "./sa_name.ts";
import { TIME } from "./time.ts";
import { SHOWN_U64 } from "./u64.ts";
import type { Json, Value } from "./value.ts";

const MEMBERS = {
  id: SA_ID.meta({ description: "No other SA of the same process has it" }),
  ...SHOWN_MEMBERS,
  state: z.enum(["active", "soft", "expired"]),
  packets: SHOWN_U64,
  octets: SHOWN_U64,
  sequence: SHOWN_U64.meta({
    description: "Outbound: the last number used. Inbound: the highest authenticated",
  }),
  installedAt: TIME,
  lastValidAt: TIME.nullable(),
  path: CONNECTION_ID.nullable().meta({
    description: "Connection on which the peer's packets leave; outbound only",
  }),
};

/** One SA at one moment. */
export const SA = answer(MEMBERS).meta({ id: "Sa" });

/** The answer of `GET /v1/sas`. */
export const SAS = answer({ sas: z.array(SA) });

/** An SA as the gateway has it: numbers, bigints and prefixes. */
export type SaView = Value<typeof SA>;

/** The same in JSON's types. */
export type SaAnswer = Json<typeof SA>;

/** Writes an SA in JSON's types. It leaves out members that an answer does not have. */
export function saJson(view: SaView): SaAnswer {
  return encode(view);
}

const encode = objectEncoder(MEMBERS);
