// The SA object of the API and of `[[sa]]` tables (docs/interface.md §2): shape, ranges, and what its members ask of each other.
// What depends on the other SAs is decided at the install. No message here repeats a value: it may be keying material.

import * as z from "zod";
import { SELECTOR_MAX, WINDOW_MAX, WINDOW_MIN } from "../../ts-bindings/layout.ts";
import type { AeadName, Prefix, SaSpec } from "./types.ts";
import { parsePrefix } from "./address.ts";

/** RFC 4106 §8.1, RFC 7634 §2: key then 4-octet salt. */
const KEY_MATERIAL_LENS: Readonly<Record<AeadName, readonly number[]>> = {
  "aes-gcm-16": [20, 28, 36],
  "chacha20-poly1305": [36],
};

/** All of them, in octets. */
const LENS = new Set(Object.values(KEY_MATERIAL_LENS).flat());

const U32_MAX = 0xffff_ffffn;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

const PEER_LEN_MAX = 64;

/** An SPI of the API, as JSON Schema: SPIs from 1 to 255 are reserved, 0 is never sent (RFC 4303 §2.1). Any case. */
const SPI_TEXT = {
  type: "string",
  pattern: "^0[xX]0*[1-9a-fA-F][0-9a-fA-F]{2,7}$",
  maxLength: 10,
  examples: ["0xc0ffee01"],
} as const;

const SPI_PATTERN = new RegExp(SPI_TEXT.pattern);

/** Parses an SPI, in bodies and in paths. */
export const SPI: z.ZodType<number> = spi();

/**
 * Parses the SA object; its output's `keyMaterial` is the caller's to wipe. What its members ask of each other, and of other SAs, is no
 * matter of the JSON Schema that `meta` describes.
 */
export const SA_SPEC: z.ZodType<SaSpec> = z.strictObject({
  spi: SPI,
  direction: oneOf(["inbound", "outbound"]),
  peer: peer(),
  aead: oneOf(["aes-gcm-16", "chacha20-poly1305"]),
  keyMaterial: keyMaterial(),
  local: prefixes(),
  remote: prefixes(),
  esn: z.boolean({ error: "must be true or false" }).default(() => false),
  replayWindow: replayWindow().default(1024).meta({ default: 1024 }),
  softPackets: u64Or(4_000_000_000n),
  hardPackets: u64Or(U32_MAX),
  hardOctets: u64Or(0n),
  hardSeconds: hardSeconds().default(28_800),
  initialSequence: u64Or(0n),
}, { error: objectProblem }).transform(checkTogether).meta({ id: "SaSpec" });

/** Parses `"0x100"` to `"0xffffffff"`; undefined if `text` is no SPI of an SA. */
export function parseSpi(text: string): number | undefined {
  return text.length <= SPI_TEXT.maxLength && SPI_PATTERN.test(text) ? Number(text) : undefined;
}

/** An SPI as every answer and log line shows it: `0x000001ff`. */
export function spiText(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

/** An SA whose key is hex digits still. */
type ParsedSa = Omit<SaSpec, "keyMaterial"> & { readonly keyMaterial: string };

/** A transform, as it must see parsed members only: a refinement would run beside issues, on what was sent. */
function checkTogether(sa: ParsedSa, context: z.RefinementCtx): SaSpec {
  let isRefused = false;

  function refuse(member: string, message: string): void {
    isRefused = true;
    context.addIssue({ code: "custom", path: [member], message });
  }

  const lens = KEY_MATERIAL_LENS[sa.aead];
  if (!lens.includes(sa.keyMaterial.length / 2)) {
    refuse("keyMaterial", `must have ${listText(lens)} octets (key and salt) for ${sa.aead}`);
  }
  // RFC 4303 §3.4.3: the high half of an ESN is inferred from the window.
  if (sa.esn && sa.replayWindow === 0) refuse("replayWindow", "must not be 0 with esn");
  if (!sa.esn && sa.initialSequence > U32_MAX) {
    refuse("initialSequence", "must be at most 4294967295 without esn");
  }
  // Last: of an SA that is refused, nobody would wipe the key.
  return isRefused ? z.NEVER : { ...sa, keyMaterial: parseHex(sa.keyMaterial) };
}

function objectProblem(issue: z.core.$ZodRawIssue): string | undefined {
  return issue.code === "invalid_type" ? "must be an object" : undefined;
}

function oneOf<const T extends readonly string[]>(
  names: T,
): z.ZodEnum<{ [Name in T[number]]: Name }> {
  return z.enum(names, {
    error: (issue) => missing(issue) ?? `must be one of ${names.join(", ")}`,
  });
}

function string(problem: string): z.ZodString {
  return z.string({ error: (issue) => missing(issue) ?? problem });
}

function missing(issue: { readonly input?: unknown }): string | undefined {
  return issue.input === undefined ? "is required" : undefined;
}

function spi(): z.ZodType<number> {
  const problem = 'must be a string from "0x100" to "0xffffffff"';
  return string(problem).transform((input, context) => {
    const value = parseSpi(input);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  }).meta(SPI_TEXT);
}

/** A name for people and logs: no control characters, as it is printed on terminals. */
function peer(): z.ZodType<string> {
  const problem = `must be 1 to ${PEER_LEN_MAX} characters, none of them a control character`;
  return string(problem).max(PEER_LEN_MAX, { error: problem, abort: true })
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, { error: problem })
    .meta({ type: "string", minLength: 1, maxLength: PEER_LEN_MAX, description: problem });
}

function keyMaterial(): z.ZodType<string> {
  const problem = "must be hex digits, two for each of at most 36 octets";
  return string(problem).regex(/^([0-9a-f]{2}){1,36}$/i, { error: problem })
    .meta({
      type: "string",
      pattern: `^([0-9a-fA-F]{${[...LENS].map((len) => 2 * len).join("}|[0-9a-fA-F]{")}})$`,
      description: "Key, then 4-octet salt: 20, 28 or 36 octets for AES, 36 for ChaCha20",
      writeOnly: true,
    });
}

function parseHex(hex: string): Uint8Array {
  return Uint8Array.from(
    { length: hex.length / 2 },
    (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16),
  );
}

function prefixes(): z.ZodType<Prefix[]> {
  const problem = `must be an array of 1 to ${SELECTOR_MAX} address prefixes`;
  // Not `min` and `max`: they would say the same again of a string, which has a length too.
  return z.array(prefix(), { error: (issue) => missing(issue) ?? problem })
    .refine((list) => list.length > 0 && list.length <= SELECTOR_MAX, { error: problem })
    .meta({ minItems: 1, maxItems: SELECTOR_MAX });
}

function prefix(): z.ZodType<Prefix> {
  return string("must be an address prefix").transform((input, context) => {
    const value = parsePrefix(input);
    if (!("problem" in value)) return value;
    context.addIssue({ code: "custom", message: value.problem });
    return z.NEVER;
  }).meta({
    type: "string",
    format: "address-prefix",
    examples: ["10.93.29.0/24", "2001:db8::/64"],
  });
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

function hardSeconds(): z.ZodType<number> {
  const error = "must be a whole number from 0 to 4294967295";
  return z.int({ error }).min(0, { error }).max(Number(U32_MAX), { error });
}

function u64Or(fallback: bigint): z.ZodType<bigint> {
  return u64().default(fallback).meta({ default: Number(fallback) });
}

/** A number, a decimal string (JSON has no exact numbers above 2^53), or a bigint (TOML). */
function u64(): z.ZodType<bigint> {
  const error = `must be a whole number from 0 to ${U64_MAX}, above 2^53 a decimal string`;
  const digits = z.string({ error }).regex(/^(0|[1-9]\d{0,19})$/, { error });
  return z.union([z.int({ error }), z.bigint({ error }), digits], { error })
    .transform(BigInt)
    .pipe(z.bigint().min(0n, { error }).max(U64_MAX, { error }))
    .meta({
      type: ["integer", "string"],
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      pattern: "^(0|[1-9][0-9]{0,19})$",
      description: "At most 2^64 - 1; above 2^53 a decimal string",
    });
}

function listText(values: readonly number[]): string {
  return values.length < 2
    ? values.join()
    : `${values.slice(0, -1).join(", ")} or ${values[values.length - 1]}`;
}
