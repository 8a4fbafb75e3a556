// Authentic answers to our requests.

import type { Parsed } from "../wire/fault.ts";
import type { ReceivedHeader } from "../wire/header.ts";
import type { Opened } from "../wire/message.ts";
import type { RawPayload } from "../wire/payloads/payload.ts";
import { readContent } from "../wire/rules.ts";
import { askAuth, takeAuthAnswer } from "./ask_auth.ts";
import { takeTicket } from "./take_ticket.ts";
import type { Context } from "./context.ts";
import { endSa, refuseSa } from "./end.ts";
import { takeFollowup } from "./followup.ts";
import type { IkeSa } from "./ike_sa.ts";
import { takeIntermediate } from "./intermediate.ts";
import { linger } from "./children.ts";
import { isEchoed } from "./mobike.ts";
import { takeRekeyChild } from "./rekey_child.ts";
import { takeRekeyIke } from "./rekey_ike.ts";

/** An answer that came out of SK, to the request that waits. */
export interface OpenedAnswer {
  readonly header: ReceivedHeader;
  readonly payloads: Parsed<readonly RawPayload[]>;
  /** The same before it was split. */
  readonly opened: Opened;
}

/** Takes the answer. A malformed one ends the IKE SA without a word (RFC 7296 §2.21). */
export function takeAnswer(context: Context, sa: IkeSa, answer: OpenedAnswer): void {
  const { payloads, opened } = answer;
  const what = sa.own.outstanding()?.what;
  sa.own.end();
  if (what?.kind === "intermediate") {
    if (takeIntermediate(context, sa, { what, payloads, opened })) askAuth(context, sa);
    return;
  }
  if (what?.kind === "auth") return takeAuth(context, sa, payloads);
  if (what?.kind === "deleteIke") return endSa(context, sa, "deleted_here");
  if ("fault" in payloads) return endSa(context, sa, "malformed");
  switch (what?.kind) {
    case "deleteChild":
      return linger(context, sa, what.child);
    case "update":
      return takeUpdate(context, sa, { cookie: what.cookie, payloads: payloads.value });
    case "ticket":
      return takeTicketAnswer(context, sa, payloads.value);
    case "followup":
      return takeFollowup(context, sa, { followup: what.followup, payloads: payloads.value });
    case "rekeyChild":
      return takeRekeyChild(context, sa, { rekey: what.rekey, payloads: payloads.value });
    case "rekeyIke":
      return takeRekeyIke(context, sa, { rekey: what.rekey, payloads: payloads.value });
  }
}

function takeUpdate(
  context: Context,
  sa: IkeSa,
  { cookie, payloads }: {
    readonly cookie: Uint8Array;
    readonly payloads: readonly RawPayload[];
  },
): void {
  const content = readContent("informational", payloads);
  const isGood = "value" in content && isEchoed(cookie, content.value.notifies);
  if (!isGood) endSa(context, sa, "malformed");
}

function takeTicketAnswer(context: Context, sa: IkeSa, payloads: readonly RawPayload[]): void {
  const content = readContent("informational", payloads);
  if ("value" in content) takeTicket(context, sa, content.value.notifies);
}

function takeAuth(context: Context, sa: IkeSa, payloads: OpenedAnswer["payloads"]): void {
  const content = "fault" in payloads ? payloads : readContent("ikeAuthResponse", payloads.value);
  if ("value" in content) takeAuthAnswer(context, sa, content.value);
  else refuseSa(context, sa, { reason: "malformed", detail: content.fault.reason });
}
