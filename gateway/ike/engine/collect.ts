// Messages that come in fragments (RFC 7383). Nothing of one is seen before it is whole.

import type { Parsed } from "../wire/fault.ts";
import { createFragments } from "../wire/fragments.ts";
import { LIMIT } from "../wire/limits.ts";
import type { Message, Opened, Sealed } from "../wire/message.ts";
import { openMessage } from "../wire/sealed.ts";
import type { Context } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";

/** A message, and the digest by which a repeat of it is known. */
export interface Whole {
  readonly opened: Opened;
  readonly digest: string;
}

/** A message with what is inside SK. */
export interface SealedInput {
  readonly message: Message;
  readonly sealed: Sealed;
  /** Of the octets as they came. */
  readonly digest: string;
  readonly isAnswer: boolean;
}

/** Opens a message, or adds a fragment; null while others are missing. */
export function openOrCollect(
  context: Context,
  sa: IkeSa,
  { message, sealed, digest, isAnswer }: SealedInput,
): Parsed<Whole | null> {
  const aead = sa.keyed().open;
  const { fragment } = sealed;
  if (fragment === null) {
    const opened = openMessage(message, { sealed, aead });
    return "fault" in opened ? opened : { value: { opened: opened.value, digest } };
  }
  if (!sa.hasFragments) return { value: null };
  sa.collected ??= {
    requests: createFragments(),
    answers: createFragments(),
    digest: "",
    at: context.now,
  };
  const { collected } = sa;
  const into = isAnswer ? collected.answers : collected.requests;
  const isStranger = sa.state === "half_open" || sa.state === "auth_sent";
  const lenMax = isStranger ? LIMIT.STRANGER_MESSAGE_LEN : LIMIT.FRAGMENTS_LEN;
  const piece = { message, sealed: { ...sealed, fragment }, aead, nowAt: context.now, lenMax };
  const added = into.add(piece);
  if ("fault" in added) return added;
  collected.at = context.now;
  if (fragment.number === 1 && !isAnswer) collected.digest = digest;
  return { value: added.value && { opened: added.value, digest: collected.digest } };
}

/** Gives back the memory of fragments of which no more come. */
export function forgetFragments({ now }: Context, sa: IkeSa): void {
  if (sa.collected !== null && now - sa.collected.at > LIMIT.FRAGMENTS_MS) sa.collected = null;
}
