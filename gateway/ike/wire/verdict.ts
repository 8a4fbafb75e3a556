// What the sender of a malformed message gets for it (RFC 7296 §2.21).

import { EXCHANGE } from "./constants.ts";
import { type Fault, FAULTS } from "./fault.ts";
import { type Header, isInitial, isResponse } from "./header.ts";
import { NOTIFY } from "./notify_types.ts";

/** How a message was received. */
export type Seen =
  /** Nothing of it is authentic. */
  | "clear"
  /** It came out of SK with a good ICV. */
  | "opened";

/** What a peer gets for a malformed message. */
export interface Verdict {
  /** A point on the connection's corruption score (rule T70). */
  readonly isScored: boolean;
  /** The error that answers it, protected if the message was opened. Null: nothing is sent. */
  readonly notify: ErrorNotify | null;
  /** Ends the IKE SA that the message belongs to, if there is one (RFC 7296 §2.21.3). */
  readonly isFatal: boolean;
}

export interface ErrorNotify {
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * Judges a fault (rules IW40 to IW73).
 *
 * A response is never answered (RFC 7296 §2.21). Before the ICV is checked, only the first exchange
 * is answered: anything else could be forged against an SA that is there (rule IW23).
 *
 * @param header Null if the header itself could not be read
 */
export function judge(fault: Fault, header: Header | null, seen: Seen): Verdict {
  const { answer, isScored } = FAULTS[fault.reason];
  if (header === null || answer === "none") return { isScored, notify: null, isFatal: false };
  if (answer === "version") {
    return { isScored, notify: isResponse(header) ? null : ERRORS.version, isFatal: false };
  }
  const isOpened = seen === "opened";
  const isAnswered = !isResponse(header) && (isOpened || isInitial(header.exchange));
  return {
    isScored: !isOpened && !isInitial(header.exchange),
    notify: isAnswered ? errorOf(fault) : null,
    isFatal: isOpened && endsSa(fault, header),
  };
}

/** Rule IW50: an SA that is established survives a critical payload that it does not know. */
function endsSa({ reason }: Fault, { exchange }: Header): boolean {
  return reason !== "critical_payload" || exchange === EXCHANGE.IKE_AUTH ||
    exchange === EXCHANGE.IKE_INTERMEDIATE;
}

function errorOf({ reason, payloadType }: Fault): ErrorNotify {
  if (reason !== "critical_payload") return ERRORS.syntax;
  return { type: NOTIFY.UNSUPPORTED_CRITICAL_PAYLOAD, data: Uint8Array.of(payloadType) };
}

const ERRORS = {
  syntax: { type: NOTIFY.INVALID_SYNTAX, data: new Uint8Array(0) },
  version: { type: NOTIFY.INVALID_MAJOR_VERSION, data: new Uint8Array(0) },
} as const;
