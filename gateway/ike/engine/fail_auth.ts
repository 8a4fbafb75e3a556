// An initiator that does not believe the responder says so, since that one takes the IKE SA for one
// that is up (RFC 7296 §2.21.2).

import { EXCHANGE } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeNotify } from "../wire/payloads/notify.ts";
import { ask } from "./ask.ts";
import type { Context } from "./context.ts";
import { refuseSa } from "./end.ts";
import type { IkeSa } from "./ike_sa.ts";

/** Ends an IKE SA whose responder has not proved who it is. Its answer is not waited for. */
export function failAuth(
  context: Context,
  sa: IkeSa,
  refusal: Parameters<typeof refuseSa>[2],
): void {
  const payloads = [makeNotify(NOTIFY.AUTHENTICATION_FAILED)];
  const exchange = EXCHANGE.INFORMATIONAL;
  if (sa.own.outstanding() === undefined) {
    ask(context, sa, { what: { kind: "deleteIke" }, exchange, payloads });
  }
  refuseSa(context, sa, refusal);
}
