// All payloads as one union, and the way between a payload and its octets. SK and SKF are not
// payloads of this kind: they hold the others (`gateway/ike/wire/chain.ts`).

import { PAYLOAD } from "../constants.ts";
import type { Parsed } from "../fault.ts";
import type { Writer } from "../writer.ts";
import { type AuthPayload, emitAuth, parseAuth } from "./auth.ts";
import { type CertPayload, emitCert, parseCert } from "./cert.ts";
import { type CertreqPayload, emitCertreq, parseCertreq } from "./certreq.ts";
import { type CpPayload, emitCp, parseCp } from "./cp.ts";
import { type DeletePayload, emitDelete, parseDelete } from "./delete.ts";
import { type EapPayload, emitEap, parseEap } from "./eap.ts";
import { emitId, type IdPayload, parseId } from "./id.ts";
import { emitKe, type KePayload, parseKe } from "./ke.ts";
import { emitNonce, type NoncePayload, parseNonce } from "./nonce.ts";
import { emitNotify, type NotifyPayload, parseNotify } from "./notify.ts";
import { emitSa, parseSa, type SaPayload } from "./sa.ts";
import { emitTs, parseTs, type TsPayload } from "./ts.ts";
import { emitVendor, parseVendor, type VendorPayload } from "./vendor.ts";

/** A payload whose body has been read. */
export type Payload =
  | SaPayload
  | KePayload
  | IdPayload<"idi">
  | IdPayload<"idr">
  | CertPayload
  | CertreqPayload
  | AuthPayload
  | NoncePayload
  | NotifyPayload
  | DeletePayload
  | VendorPayload
  | TsPayload<"tsi">
  | TsPayload<"tsr">
  | CpPayload
  | EapPayload
  | UnknownPayload;

/** A payload of a type that the gateway does not know. */
export interface UnknownPayload {
  readonly kind: "unknown";
  readonly type: number;
  readonly isCritical: boolean;
  /** A view of the message. */
  readonly body: Uint8Array;
}

/** A payload as the chain has it: its body has not been looked into. */
export interface RawPayload {
  readonly type: number;
  /** Means nothing for a type that is known (rule IW1). */
  readonly isCritical: boolean;
  /** A view of the message. */
  readonly body: Uint8Array;
}

/** A kind of payload that has a type of its own. */
export type KnownKind = Exclude<Payload["kind"], "unknown">;

/** The payloads of one kind. */
export type PayloadOf<Kind extends Payload["kind"]> = Extract<Payload, { readonly kind: Kind }>;

/** Types by kind. */
export const TYPES: Readonly<Record<KnownKind, number>> = {
  sa: PAYLOAD.SA,
  ke: PAYLOAD.KE,
  idi: PAYLOAD.IDI,
  idr: PAYLOAD.IDR,
  cert: PAYLOAD.CERT,
  certreq: PAYLOAD.CERTREQ,
  auth: PAYLOAD.AUTH,
  nonce: PAYLOAD.NONCE,
  notify: PAYLOAD.NOTIFY,
  delete: PAYLOAD.DELETE,
  vendor: PAYLOAD.VENDOR,
  tsi: PAYLOAD.TSI,
  tsr: PAYLOAD.TSR,
  cp: PAYLOAD.CP,
  eap: PAYLOAD.EAP,
};

/** Whether a type has a meaning here, SK and SKF included (rule IW1). */
export function isKnownType(type: number): boolean {
  return PARSERS.has(type) || type === PAYLOAD.SK || type === PAYLOAD.SKF;
}

/** Reads the body of a payload. */
export function parsePayload(raw: RawPayload): Parsed<Payload> {
  const parse = PARSERS.get(raw.type);
  return parse ? parse(raw.body) : { value: { kind: "unknown", ...raw } };
}

/** Reads the body of a payload that is of this kind. */
export function parseKind<Kind extends KnownKind>(
  kind: Kind,
  { body }: RawPayload,
): Parsed<PayloadOf<Kind>> {
  return PARSER_OF[kind](body);
}

/** Type of a payload in the chain. */
export function typeOf(payload: Payload): number {
  return payload.kind === "unknown" ? payload.type : TYPES[payload.kind];
}

/** Writes the body of a payload. */
export function emitBody(writer: Writer, payload: Payload): void {
  switch (payload.kind) {
    case "sa":
      return emitSa(writer, payload);
    case "ke":
      return emitKe(writer, payload);
    case "idi":
    case "idr":
      return emitId(writer, payload);
    case "cert":
      return emitCert(writer, payload);
    case "certreq":
      return emitCertreq(writer, payload);
    case "auth":
      return emitAuth(writer, payload);
    case "nonce":
      return emitNonce(writer, payload);
    case "notify":
      return emitNotify(writer, payload);
    case "delete":
      return emitDelete(writer, payload);
    case "vendor":
      return emitVendor(writer, payload);
    case "tsi":
    case "tsr":
      return emitTs(writer, payload);
    case "cp":
      return emitCp(writer, payload);
    case "eap":
      return emitEap(writer, payload);
    case "unknown":
      return writer.octets(payload.body);
  }
}

type Parsers = {
  readonly [Kind in KnownKind]: (body: Uint8Array) => Parsed<PayloadOf<Kind>>;
};

const PARSER_OF: Parsers = {
  sa: parseSa,
  ke: parseKe,
  idi: (body) => parseId("idi", body),
  idr: (body) => parseId("idr", body),
  cert: parseCert,
  certreq: parseCertreq,
  auth: parseAuth,
  nonce: parseNonce,
  notify: parseNotify,
  delete: parseDelete,
  vendor: parseVendor,
  tsi: (body) => parseTs("tsi", body),
  tsr: (body) => parseTs("tsr", body),
  cp: parseCp,
  eap: parseEap,
};

const PARSERS: ReadonlyMap<number, (body: Uint8Array) => Parsed<Payload>> = new Map(
  Object.entries(PARSER_OF).map(([kind, parse]) => [TYPES[kind as KnownKind], parse]),
);
