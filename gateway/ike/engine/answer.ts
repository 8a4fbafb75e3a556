// Authentic requests of the peer: each gets one answer, which is kept for its repeat.

import { EXCHANGE } from "../wire/constants.ts";
import type { Parsed } from "../wire/fault.ts";
import type { ReceivedHeader } from "../wire/header.ts";
import type { Opened } from "../wire/message.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeNotify } from "../wire/payloads/notify.ts";
import type { RawPayload } from "../wire/payloads/payload.ts";
import { readContent, readCreateChild } from "../wire/rules.ts";
import { judge } from "../wire/verdict.ts";
import { answerAuth } from "./auth.ts";
import type { Path } from "./actions.ts";
import type { Answered } from "./answered.ts";
import { type Context, sealFor } from "./context.ts";
import { endSa, refuseSa } from "./end.ts";
import type { IkeSa } from "./ike_sa.ts";
import { answerFollowup } from "./followup.ts";
import { answerIntermediate } from "./intermediate.ts";
import { answerRekeyIke } from "./rekey_ike.ts";
import { answerCreateChild } from "./create_child.ts";
import { answerInformational } from "./informational.ts";

/** A request that came out of SK. */
export interface OpenedRequest {
  readonly header: ReceivedHeader;
  readonly payloads: Parsed<readonly RawPayload[]>;
  /** The same before it was split. */
  readonly opened: Opened;
  readonly digest: string;
  readonly path: Path;
}

/** Answers a request by the path that it came by (RFC 7296 §2.11). */
export function answerOpened(context: Context, sa: IkeSa, request: OpenedRequest): void {
  const { header: { exchange, messageId }, digest, path } = request;
  const { payloads, before, after, end } = answerTo(context, sa, request);
  const octets = sealFor(context, sa, { exchange, messageId, isResponse: true, payloads });
  sa.theirs.answer(digest, octets);
  context.actions.push(...before, { kind: "send", path: path.id, octets }, ...after);
  end?.();
}

function answerTo(context: Context, sa: IkeSa, request: OpenedRequest): Answered {
  const { header, payloads } = request;
  if ("fault" in payloads) return malformed(context, sa, { header, fault: payloads.fault });
  const { exchange } = header;
  if (sa.state === "half_open") {
    const answered = answerStranger(context, sa, { ...request, payloads: payloads.value });
    return "value" in answered
      ? answered.value
      : malformed(context, sa, { header, fault: answered.fault });
  }
  if (exchange === EXCHANGE.IKE_FOLLOWUP_KE) {
    const content = readContent("followupKeRequest", payloads.value);
    return "fault" in content
      ? malformed(context, sa, { header, fault: content.fault })
      : answerFollowup(context, sa, content.value);
  }
  if (exchange === EXCHANGE.CREATE_CHILD_SA) {
    return answerCreate(context, sa, { header, payloads: payloads.value });
  }
  if (exchange !== EXCHANGE.INFORMATIONAL) return syntaxError(context, sa);
  const content = readContent("informational", payloads.value);
  return "fault" in content
    ? malformed(context, sa, { header, fault: content.fault })
    : answerInformational(context, sa, { ...content.value, path: request.path });
}

/** Nothing else has an effect before the peer has proved who it is (RFC 7296 §2.21.2). */
function answerStranger(
  context: Context,
  sa: IkeSa,
  request: Omit<OpenedRequest, "payloads"> & { readonly payloads: readonly RawPayload[] },
): Parsed<Answered> {
  const { exchange } = request.header;
  if (exchange === EXCHANGE.IKE_INTERMEDIATE) return answerIntermediate(context, sa, request);
  // The key exchange that was agreed on comes before IKE_AUTH, or there is no IKE SA.
  if (exchange !== EXCHANGE.IKE_AUTH || sa.pendingKe !== null) {
    return { value: syntaxError(context, sa) };
  }
  const content = readContent("ikeAuthRequest", request.payloads);
  return "fault" in content ? content : { value: answerAuth(context, sa, content.value) };
}

function answerCreate(
  context: Context,
  sa: IkeSa,
  { header, payloads }: {
    readonly header: ReceivedHeader;
    readonly payloads: readonly RawPayload[];
  },
): Answered {
  // RFC 7296 §2.25.2: on its way out an IKE SA makes nothing new.
  if (sa.state !== "established") {
    return { payloads: [makeNotify(NOTIFY.TEMPORARY_FAILURE)], before: [], after: [] };
  }
  const request = readCreateChild(payloads);
  if ("fault" in request) return malformed(context, sa, { header, fault: request.fault });
  return request.value.kind === "ike"
    ? answerRekeyIke(context, sa, request.value)
    : answerCreateChild(context, sa, request.value);
}

function syntaxError(context: Context, sa: IkeSa): Answered {
  return {
    payloads: [makeNotify(NOTIFY.INVALID_SYNTAX)],
    before: [],
    after: [],
    end: () => endMalformed(context, sa, "exchange"),
  };
}

function malformed(
  context: Context,
  sa: IkeSa,
  { header, fault }: {
    readonly header: ReceivedHeader;
    readonly fault: Parameters<typeof judge>[0];
  },
): Answered {
  const { notify, isFatal } = judge(fault, header, "opened");
  const payloads = notify === null ? [] : [makeNotify(notify.type, notify.data)];
  const common = { payloads, before: [], after: [] };
  return isFatal ? { ...common, end: () => endMalformed(context, sa, fault.reason) } : common;
}

function endMalformed(context: Context, sa: IkeSa, detail: string): void {
  if (sa.state === "half_open") refuseSa(context, sa, { reason: "malformed", detail });
  else endSa(context, sa, "malformed");
}
