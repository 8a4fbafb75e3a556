// IKE_SA_INIT, the responder's side (RFC 7296 §1.2, §2.6, §2.7). What a stranger gets is an answer
// and a half-open IKE SA. The shared secret is not computed before the next message comes.

import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { PRFS } from "../keys/prf.ts";
import { policyText } from "../suites/policy_text.ts";
import { chooseIke, transformsOf } from "../suites/choose.ts";
import { EXCHANGE } from "../wire/constants.ts";
import type { ReceivedHeader } from "../wire/header.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import type { Payload, RawPayload } from "../wire/payloads/payload.ts";
import { proposalsText } from "../wire/proposal_text.ts";
import { readableProposals } from "../wire/proposals.ts";
import { type ContentOf, readContent } from "../wire/rules.ts";
import { judge } from "../wire/verdict.ts";
import type { IkeRefusal } from "../../model/ike_refusal.ts";
import type { Path } from "./actions.ts";
import { certificateRequest, hashesNotify, hashesOf } from "./certificate_payloads.ts";
import { type Context, emitFor } from "./context.ts";
import {
  FRAGMENTS_SUPPORTED,
  hasFragments,
  hasIntermediate,
  intermediateSupported,
} from "./extensions.ts";
import { firstAnswer, keepEmbryo, makeRoom } from "./embryo.ts";
import { natHash } from "./nat_detection.ts";
import { acceptPpk } from "./ppk.ts";
import { digestOf } from "./windows.ts";

/** A request that begins an IKE SA. */
export interface InitRequest {
  readonly header: ReceivedHeader;
  readonly payloads: readonly RawPayload[];
  /** The whole message. */
  readonly octets: Uint8Array;
  readonly path: Path;
}

/** Answers a request. The same request gets the same answer, and makes one IKE SA. */
export function answerInit(context: Context, request: InitRequest): void {
  const digest = digestOf(request.octets);
  const before = context.begun.get(digest);
  if (before !== undefined) {
    const answer = firstAnswer(before);
    if (answer !== undefined) send(context, request, answer.slice());
    return;
  }
  const content = readContent("ikeSaInitRequest", request.payloads);
  if ("fault" in content) {
    const { notify } = judge(content.fault, request.header, "clear");
    const detail = content.fault.reason;
    if (notify !== null) {
      refuse(context, request, { notify: makeNotify(notify.type, notify.data), detail });
    }
    return;
  }
  begin(context, request, { digest, content: content.value });
}

type Content = ContentOf<"ikeSaInitRequest">;

function begin(
  context: Context,
  request: InitRequest,
  { digest, content }: { readonly digest: string; readonly content: Content },
): void {
  const { ike } = context.settings;
  const { method, data } = content.ke;
  const hasAdditionalKe = hasIntermediate(context, content.notifies);
  const proposals = readableProposals(content.sa, { of: "ike", hasAdditionalKe });
  const chosen = chooseIke({ proposals, ke: method }, ike);
  if (chosen === undefined) {
    const detail = `theirs ${proposalsText(content.sa.proposals)}, ours ${policyText(ike)}`;
    const notify = makeNotify(NOTIFY.NO_PROPOSAL_CHOSEN);
    return refuse(context, request, { reason: "ike_proposal", notify, detail });
  }
  const { suite } = chosen;
  if (suite.ke !== method) {
    const notify = makeNotify(NOTIFY.INVALID_KE_PAYLOAD, Uint8Array.of(0, suite.ke));
    return refuse(context, request, { reason: "key_exchange", notify, detail: `${suite.ke}` });
  }
  if (!makeRoom(context, request.path.id)) return;
  const { publicLen, respond } = KEY_EXCHANGES[suite.ke];
  const pair = data.length === publicLen ? respond(data) : undefined;
  if (pair === undefined) {
    const notify = makeNotify(NOTIFY.INVALID_SYNTAX);
    return refuse(context, request, { notify, detail: "value of a key exchange" });
  }
  const transforms = transformsOf(suite, chosen.proposal);
  const isIntermediate = hasIntermediate(context, content.notifies);
  const ppk = acceptPpk(context, content.notifies);
  const isFragmented = hasFragments(content.notifies);
  const fragments = isFragmented ? [FRAGMENTS_SUPPORTED] : [];
  const hashes = hashesOf(content.notifies) === null ? [] : hashesNotify(context);
  const sa = { kind: "sa", proposals: [{ ...chosen.proposal, transforms }] } as const;
  const answer = answerOf(context, request, {
    sa,
    ke: { kind: "ke", method: suite.ke, data: pair.publicValue },
    nonceLen: PRFS[suite.prf].len,
    notifies: [
      ...(isIntermediate ? intermediateSupported(context) : []),
      ...ppk,
      ...fragments,
      ...hashes,
    ],
  });
  keepEmbryo(context, {
    digest,
    request: request.octets,
    answer,
    suite,
    agree: pair.agree,
    hasIntermediate: isIntermediate,
    hasPpk: ppk.length > 0,
    hasFragments: isFragmented,
    begunAt: context.now,
    path: request.path.id,
  });
  send(context, request, answer);
}

/** Lays out an answer with a new SPI. */
function answerOf(
  context: Context,
  { header, path }: InitRequest,
  { sa, ke, nonceLen, notifies }: {
    readonly sa: Payload;
    readonly ke: Payload;
    readonly nonceLen: number;
    readonly notifies: readonly NotifyPayload[];
  },
): Uint8Array {
  const { tools } = context;
  const spis = { spiI: header.spiI, spiR: tools.random(SPI_LEN) };
  const head = { exchange: EXCHANGE.IKE_SA_INIT, messageId: 0, isResponse: true };
  return emitFor(context, { ...head, ...spis, isInitiator: false }, [
    sa,
    ke,
    { kind: "nonce", data: tools.random(nonceLen) },
    ...notifies,
    makeNotify(NOTIFY.NAT_DETECTION_SOURCE_IP, natHash(spis, path.local)),
    makeNotify(NOTIFY.NAT_DETECTION_DESTINATION_IP, natHash(spis, path.remote)),
    ...certificateRequest(context),
  ]);
}

/** Answers with an error, without SK. Nothing is kept. */
function refuse(
  context: Context,
  request: InitRequest,
  { reason = "malformed", notify, detail }: {
    readonly reason?: IkeRefusal;
    readonly notify: NotifyPayload;
    readonly detail: string;
  },
): void {
  const { spiI } = request.header;
  const head = { exchange: EXCHANGE.IKE_SA_INIT, messageId: 0, isResponse: true };
  const spis = { spiI, spiR: new Uint8Array(SPI_LEN), isInitiator: false };
  send(context, request, emitFor(context, { ...head, ...spis }, [notify]));
  context.actions.push({ kind: "refused", path: request.path.id, reason, detail });
}

function send(context: Context, { path }: InitRequest, octets: Uint8Array): void {
  context.actions.push({ kind: "send", path: path.id, octets });
}

const SPI_LEN = 8;
