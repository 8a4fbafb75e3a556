// The SA object, as the API and `[[sa]]` tables give it: the values that each member may have, and
// the rules between members. Rules between SAs are decided at the install. No message repeats a
// value, because it may be keying material.

import * as z from "zod";
import { keyMaterialLens } from "./aead.ts";
import { listText } from "./list_text.ts";
import { GIVEN_MEMBERS, type SoftLimits, softLimitsOf, U32_MAX } from "./sa_members.ts";
import type { Value } from "./value.ts";

const OBJECT = z.strictObject(GIVEN_MEMBERS, { error: objectProblem });

/**
 * Reads the SA object. The caller must wipe the octets of `keyMaterial`.
 *
 * Its JSON Schema leaves out the rules between members.
 */
export const SA_SPEC = OBJECT.transform(checkTogether).meta({ id: "SaSpec" });

/** An SA as it is installed; `keyMaterial` is key then salt (RFC 4106 §8.1, RFC 7634 §2). */
export type SaSpec = Value<typeof SA_SPEC>;

/** An SA whose key is still hex digits. */
type ParsedSa = z.output<typeof OBJECT>;

interface KeyOctets {
  readonly keyMaterial: Uint8Array;
}

/**
 * Checks the rules between members, sets the soft limits that were left out, and makes the octets
 * of the key. It is a transform because it must see parsed members only: a refinement would also
 * run when members have issues.
 */
function checkTogether(
  sa: ParsedSa,
  context: z.RefinementCtx,
): Omit<ParsedSa, "keyMaterial" | keyof SoftLimits> & SoftLimits & KeyOctets {
  let isRefused = false;

  function refuse(member: keyof ParsedSa, message: string): void {
    isRefused = true;
    context.addIssue({ code: "custom", path: [member], message });
  }

  const lens = keyMaterialLens(sa.aead);
  if (!lens.includes(sa.keyMaterial.length / 2)) {
    refuse("keyMaterial", `must have ${listText(lens)} octets (key and salt) for ${sa.aead}`);
  }
  // RFC 4303 §3.4.3: the high half of an ESN is inferred from the window.
  if (sa.esn && sa.replayWindow === 0) refuse("replayWindow", "must not be 0 with esn");
  if (!sa.esn && sa.initialSequence > U32_MAX) {
    refuse("initialSequence", "must be at most 4294967295 without esn");
  }
  const soft = softOf(sa);
  for (const [warns, ends] of LIMITS) {
    // With the end, or after it, a soft limit would never warn.
    if (sa[ends] > 0 && soft[warns] >= sa[ends]) refuse(warns, `must be below ${ends}, or 0`);
  }
  // Last, because nothing would wipe the key of a refused SA.
  return isRefused ? z.NEVER : { ...sa, ...soft, keyMaterial: parseHex(sa.keyMaterial) };
}

/** Each soft limit with its hard one. */
const LIMITS = [
  ["softPackets", "hardPackets"],
  ["softOctets", "hardOctets"],
  ["softSeconds", "hardSeconds"],
] as const;

function softOf(sa: ParsedSa): SoftLimits {
  const early = softLimitsOf(sa);
  return {
    softPackets: sa.softPackets ?? early.softPackets,
    softOctets: sa.softOctets ?? early.softOctets,
    softSeconds: sa.softSeconds ?? early.softSeconds,
  };
}

function objectProblem(issue: z.core.$ZodRawIssue): string | undefined {
  return issue.code === "invalid_type" ? "must be an object" : undefined;
}

function parseHex(hex: string): Uint8Array {
  return Uint8Array.from(
    { length: hex.length / 2 },
    (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16),
  );
}
