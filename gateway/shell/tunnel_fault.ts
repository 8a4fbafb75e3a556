// Why a tunnel does not come up, in one line that says what to mend.

import type { RefusedAction } from "../ike/engine/actions.ts";
import { NOTIFY } from "../ike/wire/notify_types.ts";

/** What has happened. */
export type TunnelCause =
  | { readonly kind: "dial"; readonly reason: string }
  /** The connection has ended while IKE was not done. */
  | { readonly kind: "closed" }
  /** The server has given no inner address. */
  | { readonly kind: "no_address" }
  | Pick<RefusedAction, "kind" | "reason" | "notify" | "detail">;

/** Both identities, as the profile has them. */
export interface Ids {
  readonly local: string;
  readonly server: string;
}

/** What the user is told. */
export interface TunnelFault {
  /** For the log: one word. */
  readonly reason: string;
  /** What is wrong, and what to mend. */
  readonly text: string;
  /** The next attempt may succeed: a server sees a new client within a second. */
  readonly mayPass?: true;
}

/** Explains a failure. */
export function faultOf(cause: TunnelCause, ids: Ids): TunnelFault {
  switch (cause.kind) {
    case "dial":
      return { reason: "dial", text: `${cause.reason}: ${dialAdvice(cause.reason)}` };
    case "closed":
      return { reason: "closed", text: CLOSED };
    case "no_address":
      return { reason: "no_address", text: NO_ADDRESS };
    case "refused": {
      const fault = { reason: cause.reason, text: refusalText(cause, ids) };
      return cause.notify === NOTIFY.AUTHENTICATION_FAILED ? { ...fault, mayPass: true } : fault;
    }
  }
}

function dialAdvice(reason: string): string {
  if (reason.includes("ECONNREFUSED")) {
    return "nothing listens there; start the server, or mend the address and the port";
  }
  if (reason.includes("Cannot resolve")) return "mend the name, or the resolver of this host";
  if (/ENETUNREACH|EHOSTUNREACH/.test(reason)) return "this host has no route to the server";
  return "mend the address, or a firewall on the way";
}

function refusalText(
  { reason, notify, detail }: Pick<RefusedAction, "reason" | "notify" | "detail">,
  { local, server }: Ids,
): string {
  if (notify !== undefined) return notifyText(notify, { detail, local });
  switch (reason) {
    case "timeout":
      return NO_ANSWER;
    case "identity_unknown":
      return `The server is ${detail}, and ${server} is wanted: mend server_id, or do not trust it`;
    case "secret":
      return `The server (${detail}) does not have the secret of the profile: ask it for a new one`;
    case "auth_method":
      return `The server proves itself otherwise than is wanted (${detail}): mend ca or psk of the ` +
        "profile";
    default:
      return `IKE has failed (${reason}): ${detail}`;
  }
}

function notifyText(
  notify: number,
  { detail, local }: { readonly detail: string; readonly local: string },
): string {
  switch (notify) {
    case NOTIFY.AUTHENTICATION_FAILED:
      return `The server refuses ${local}: it does not know this identity, has another secret ` +
        "for it, or does not believe its certificate; its log says which";
    case NOTIFY.NO_PROPOSAL_CHOSEN:
    case NOTIFY.INVALID_KE_PAYLOAD:
      return `No common algorithms (${detail}): the server's log has its own, which ` +
        "--ike-proposals and --esp-proposals set";
    case NOTIFY.TS_UNACCEPTABLE:
      return "The server lets this client reach nothing of what it asks for: mend remote in the " +
        "profile, or local of the peer at the server";
    case NOTIFY.INTERNAL_ADDRESS_FAILURE:
    case NOTIFY.FAILED_CP_REQUIRED:
      return NO_ADDRESS;
    default:
      return `The server refuses: ${detail}`;
  }
}

const CLOSED =
  "The server has closed the connection before IKE was done: it may be no gateway for " +
  "IKE in TCP (RFC 9329), or it has no room";

const NO_ANSWER = "Connected, and no answer to IKE: what listens there may be no gateway for IKE " +
  "in TCP (RFC 9329), or IKE is off there";

const NO_ADDRESS = "The server has no inner address for this client: its pool is empty or full";
