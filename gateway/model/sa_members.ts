// The members of an SA, each as users give it and as answers show it. Answers have more members,
// which are in `sa_view.ts`.

import * as z from "zod";
import { SELECTOR_MAX, WINDOW_MAX, WINDOW_MIN } from "../../ts-bindings/layout.ts";
import { AEAD_NAMES, AEADS, keyMaterialLens } from "./aead.ts";
import { COUNT } from "./count.ts";
import { DIRECTIONS } from "./direction.ts";
import { listText } from "./list_text.ts";
import { PREFIX, type Prefix, SHOWN_PREFIXES } from "./prefix.ts";
import { missing, requiredName, requiredText } from "./required.ts";
import { SHOWN_SPI, SPI } from "./spi.ts";
import { SHOWN_U64, U64 } from "./u64.ts";

/** Largest sequence number without ESN (RFC 4303 §2.2), and largest 32-bit number. */
export const U32_MAX = 0xffff_ffffn;

/** `softPackets` when it is left out, unless that is too late for `hardPackets`. */
const SOFT_PACKETS = 4_000_000_000n;

const HARD_SECONDS = 28_800;

/** Time in which a rekey can be made by hand, s. */
const NOTICE_SECONDS = 60;

const SOFT = "Below its hard limit, or 0; left out, it follows from that";

/** Members as users give them, with the defaults of those that may be left out. */
export const GIVEN_MEMBERS = {
  spi: SPI,
  direction: requiredName(DIRECTIONS),
  peer: peer(),
  aead: requiredName(AEAD_NAMES),
  keyMaterial: keyMaterial(),
  local: prefixes(),
  remote: prefixes(),
  esn: z.boolean({ error: "must be true or false" }).default(() => false),
  replayWindow: replayWindow().default(1024).meta({ default: 1024 }),
  softPackets: softU64(Number(SOFT_PACKETS)),
  softOctets: softU64(0),
  softSeconds: seconds().optional().meta({
    default: softSecondsOf(HARD_SECONDS),
    description: SOFT,
  }),
  hardPackets: u64Or(U32_MAX),
  hardOctets: u64Or(0n),
  hardSeconds: seconds().default(HARD_SECONDS),
  initialSequence: u64Or(0n).meta({
    default: 0,
    description: "The last number already used. Never install keying material of an earlier " +
      "process: inbound, all of its packets would be accepted once more",
  }),
};

/** Members as answers show them. Instead of the key they have its length. */
export const SHOWN_MEMBERS = {
  spi: SHOWN_SPI,
  direction: GIVEN_MEMBERS.direction,
  peer: z.string(),
  aead: GIVEN_MEMBERS.aead,
  keyBits: z.int().positive(),
  local: SHOWN_PREFIXES,
  remote: SHOWN_PREFIXES,
  esn: z.boolean(),
  replayWindow: COUNT,
  softPackets: SHOWN_U64,
  softOctets: SHOWN_U64,
  softSeconds: COUNT,
  hardPackets: SHOWN_U64,
  hardOctets: SHOWN_U64,
  hardSeconds: COUNT,
  initialSequence: SHOWN_U64,
} satisfies Record<Exclude<keyof typeof GIVEN_MEMBERS, "keyMaterial"> | "keyBits", z.ZodType>;

/** The hard limits of an SA; 0 is none. */
export interface HardLimits {
  readonly hardPackets: bigint;
  readonly hardOctets: bigint;
  readonly hardSeconds: number;
}

/** The soft limits of an SA; 0 is none. */
export interface SoftLimits {
  readonly softPackets: bigint;
  readonly softOctets: bigint;
  readonly softSeconds: number;
}

/**
 * The soft limits of an SA that gives none: each measure warns when a quarter of the hard limit is
 * left (RFC 4301 §4.4.2.1), and a last quarter of less than a minute is made longer, up to half. A
 * hard limit of 1 has no room for one. Without `hardPackets` the numbers without ESN end anyway.
 */
export function softLimitsOf({ hardPackets, hardOctets, hardSeconds }: HardLimits): SoftLimits {
  const isLate = hardPackets > 0n && hardPackets <= SOFT_PACKETS;
  return {
    softPackets: isLate ? mostOf(hardPackets) : SOFT_PACKETS,
    softOctets: mostOf(hardOctets),
    softSeconds: softSecondsOf(hardSeconds),
  };
}

function mostOf(hard: bigint): bigint {
  return hard * 3n / 4n;
}

function softSecondsOf(hard: number): number {
  const early = Math.min(Math.floor(hard * 3 / 4), hard - NOTICE_SECONDS);
  return Math.max(early, Math.floor(hard / 2));
}

/** A name for people and logs. It is printed on terminals, so it has no control characters. */
function peer(): z.ZodString {
  const lenMax = 64;
  const problem = `must be 1 to ${lenMax} characters, none of them a control character`;
  return requiredText(problem).max(lenMax, { error: problem, abort: true })
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, { error: problem })
    .meta({ type: "string", minLength: 1, maxLength: lenMax, description: problem });
}

/** Hex digits. The octets are made last, because nothing would wipe those of a refused SA. */
function keyMaterial(): z.ZodString {
  const lens = new Set(AEAD_NAMES.flatMap(keyMaterialLens));
  const lenMax = Math.max(...lens);
  const problem = `must be hex digits, two for each of at most ${lenMax} octets`;
  const hex = new RegExp(`^([0-9a-f]{2}){1,${lenMax}}$`, "i");
  return requiredText(problem).regex(hex, { error: problem })
    .meta({
      type: "string",
      pattern: `^([0-9a-fA-F]{${[...lens].map((len) => 2 * len).join("}|[0-9a-fA-F]{")}})$`,
      description: describeKeys(),
      writeOnly: true,
    });
}

function describeKeys(): string {
  const lens = AEAD_NAMES.map((name, i) =>
    `${listText(keyMaterialLens(name))}${i === 0 ? " octets" : ""} for ${AEADS[name].cipher}`
  );
  return `Key, then ${AEADS[AEAD_NAMES[0]].saltLen}-octet salt: ${lens.join(", ")}`;
}

function prefixes(): z.ZodType<readonly Prefix[]> {
  const problem = `must be an array of 1 to ${SELECTOR_MAX} address prefixes`;
  // `min` and `max` would report a string a second time, because it has a length too.
  return z.array(PREFIX, { error: (issue) => missing(issue) ?? problem })
    .refine((list) => list.length > 0 && list.length <= SELECTOR_MAX, { error: problem })
    .meta({ minItems: 1, maxItems: SELECTOR_MAX });
}

function replayWindow(): z.ZodType<number> {
  const error = `must be 0 or a whole number from ${WINDOW_MIN} to ${WINDOW_MAX}`;
  return z.int({ error })
    .refine((bits) => bits === 0 || (bits >= WINDOW_MIN && bits <= WINDOW_MAX), { error })
    .meta({
      type: "integer",
      anyOf: [{ const: 0 }, { minimum: WINDOW_MIN, maximum: WINDOW_MAX }],
      description: "Packets; 0 is off, and not with esn",
    });
}

function seconds(): z.ZodType<number> {
  const error = "must be a whole number from 0 to 4294967295";
  return z.int({ error }).min(0, { error }).max(Number(U32_MAX), { error });
}

function softU64(shown: number): z.ZodOptional<typeof U64> {
  return U64.optional().meta({ default: shown, description: SOFT });
}

function u64Or(fallback: bigint): z.ZodDefault<typeof U64> {
  return U64.default(fallback).meta({ default: Number(fallback) });
}
