// Which payloads each exchange has (rule IW4; RFC 7296 Appendix C, RFC 5723 §4.3, RFC 9242 §3.1,
// RFC 9370 §2.2). A payload that is not named is skipped, and its body is not looked into.

import { PROTOCOL } from "./constants.ts";
import { faultOf, type Parsed } from "./fault.ts";
import { NOTIFY } from "./notify_types.ts";
import { findError, type NotifyPayload } from "./payloads/notify.ts";
import {
  type KnownKind,
  parseKind,
  type PayloadOf,
  type RawPayload,
  TYPES,
} from "./payloads/payload.ts";

/** What the messages of an exchange say, by the name of a row of the table. */
export type ContentOf<Name extends RuleName> = {
  readonly [F in keyof Rules[Name] & Field]: Values<F, Rules[Name][F]>;
};

export type RuleName = keyof Rules;

/** Rows of responses in which something is obligatory, unless they refuse. */
export type AnswerName =
  | "ikeSaInitResponse"
  | "sessionResumeResponse"
  | "rekeyIkeResponse"
  | "createChildResponse"
  | "followupKeResponse";

/** A response that does what was asked, or one that says why not. */
export type Answer<Name extends AnswerName> =
  | { readonly kind: "accepted"; readonly content: ContentOf<Name> }
  | { readonly kind: "refused"; readonly notifies: readonly NotifyPayload[] };

/** A request of CREATE_CHILD_SA for a new IKE SA. */
export type RekeyIkeRequest = ContentOf<"createChildRequest"> & {
  readonly kind: "ike";
  readonly ke: PayloadOf<"ke">;
};

/** A request of CREATE_CHILD_SA for a Child SA; REKEY_SA among its notifies names an old one. */
export type CreateChildRequest = ContentOf<"createChildRequest"> & {
  readonly kind: "child";
  readonly tsi: PayloadOf<"tsi">;
  readonly tsr: PayloadOf<"tsr">;
};

/** Reads what a message says; what a row does not name is skipped (rule IW52). */
export function readContent<Name extends RuleName>(
  name: Name,
  payloads: readonly RawPayload[],
): Parsed<ContentOf<Name>> {
  const entries = Object.entries(RULES[name]) as [Field, Often][];
  const found = new Map(entries.map(([field]) => [field, ofField(field, payloads)]));
  const count = (field: Field): number => found.get(field)?.length ?? 0;
  if (entries.some(([field, often]) => often !== "many" && count(field) > 1)) {
    return faultOf("payload_twice");
  }
  const isMissing = entries.some(([field, often]) => often === "one" && count(field) === 0);
  const isParted = entries.some(isMaybeSa) &&
    !(count("sa") === count("tsi") && count("sa") === count("tsr"));
  if (isMissing || isParted) return faultOf("payload_missing");
  return parseFields<Name>(entries, found);
}

/** Reads a response. An error says that the request has failed, known or not (rule IW10). */
export function readAnswer<Name extends AnswerName>(
  name: Name,
  payloads: readonly RawPayload[],
): Parsed<Answer<Name>> {
  const refusal = readContent("refusal", payloads);
  if ("fault" in refusal) return refusal;
  const { notifies } = refusal.value;
  const refused = { value: { kind: "refused", notifies } } as const;
  if (findError(notifies)) return refused;
  const content = readContent(name, payloads);
  if ("value" in content) return { value: { kind: "accepted", content: content.value } };
  const isMissing = content.fault.reason === "payload_missing";
  return isMissing && notifies.some(({ type }) => ALONE.includes(type)) ? refused : content;
}

/** Reads a request of CREATE_CHILD_SA. The first proposal says whether it is for an IKE SA. */
export function readCreateChild(
  payloads: readonly RawPayload[],
): Parsed<RekeyIkeRequest | CreateChildRequest> {
  const parsed = readContent("createChildRequest", payloads);
  if ("fault" in parsed) return parsed;
  const { value } = parsed;
  const { sa, ke, tsi, tsr } = value;
  if (sa.proposals[0]?.protocol === PROTOCOL.IKE) {
    return ke ? { value: { ...value, kind: "ike", ke } } : faultOf("payload_missing");
  }
  if (tsi === null || tsr === null) return faultOf("payload_missing");
  return { value: { ...value, kind: "child", tsi, tsr } };
}

function ofField(field: Field, payloads: readonly RawPayload[]): readonly RawPayload[] {
  return payloads.filter(({ type }) => type === TYPES[FIELDS[field]]);
}

/** Whether a Child SA may be asked for: then SA, TSi and TSr come together or not at all. */
function isMaybeSa([field, often]: readonly [Field, Often]): boolean {
  return field === "sa" && often === "maybe";
}

function parseFields<Name extends RuleName>(
  entries: readonly (readonly [Field, Often])[],
  found: ReadonlyMap<Field, readonly RawPayload[]>,
): Parsed<ContentOf<Name>> {
  const content: Record<string, unknown> = {};
  for (const [field, often] of entries) {
    const values = [];
    for (const raw of found.get(field) ?? []) {
      const parsed = parseKind(FIELDS[field], raw);
      if ("fault" in parsed) return parsed;
      values.push(parsed.value);
    }
    content[field] = often === "many" ? values : values[0] ?? null;
  }
  return { value: content as ContentOf<Name> };
}

/** Kinds by the names that they have in contents. */
const FIELDS = {
  sa: "sa",
  ke: "ke",
  nonce: "nonce",
  idi: "idi",
  idr: "idr",
  auth: "auth",
  cp: "cp",
  eap: "eap",
  tsi: "tsi",
  tsr: "tsr",
  certs: "cert",
  certreqs: "certreq",
  notifies: "notify",
  deletes: "delete",
  vendors: "vendor",
} as const satisfies Record<string, KnownKind>;

type Field = keyof typeof FIELDS;

/** Exactly once, at most once, or as often as rule IW5 allows. */
type Often = "one" | "maybe" | "many";

type Values<F extends Field, O> = O extends "many" ? readonly PayloadOf<(typeof FIELDS)[F]>[]
  : O extends "one" ? PayloadOf<(typeof FIELDS)[F]>
  : PayloadOf<(typeof FIELDS)[F]> | null;

const MANY = { notifies: "many", vendors: "many" } as const;
const CHILD = { sa: "maybe", tsi: "maybe", tsr: "maybe" } as const;

/** The table. Keys of rows are in the order of RFC 7296 Appendix C. */
export const RULES = {
  ikeSaInitRequest: { sa: "one", ke: "one", nonce: "one", ...MANY },
  ikeSaInitResponse: { sa: "one", ke: "one", nonce: "one", certreqs: "many", ...MANY },
  sessionResumeRequest: { nonce: "one", ...MANY },
  sessionResumeResponse: { nonce: "one", ...MANY },
  /** Both directions. Without KE it is for another extension (RFC 9242 §3.1). */
  intermediate: { ke: "maybe", ...MANY },
  /** The first request. Without AUTH it asks for EAP. */
  ikeAuthRequest: {
    idi: "one",
    certs: "many",
    certreqs: "many",
    idr: "maybe",
    auth: "maybe",
    cp: "maybe",
    ...CHILD,
    ...MANY,
  },
  /** Requests after the first: EAP, or at the end AUTH. */
  ikeAuthEapRequest: { eap: "maybe", auth: "maybe", ...MANY },
  ikeAuthResponse: {
    idr: "maybe",
    certs: "many",
    auth: "maybe",
    eap: "maybe",
    cp: "maybe",
    ...CHILD,
    ...MANY,
  },
  createChildRequest: { sa: "one", nonce: "one", ke: "maybe", tsi: "maybe", tsr: "maybe", ...MANY },
  createChildResponse: { sa: "one", nonce: "one", ke: "maybe", tsi: "one", tsr: "one", ...MANY },
  rekeyIkeResponse: { sa: "one", nonce: "one", ke: "one", ...MANY },
  followupKeRequest: { ke: "one", ...MANY },
  followupKeResponse: { ke: "one", ...MANY },
  /** Both directions. */
  informational: { deletes: "many", cp: "maybe", ...MANY },
  /** A response that says why not. */
  refusal: { ...MANY },
} as const satisfies Record<string, Partial<Record<Field, Often>>>;

type Rules = typeof RULES;

/** Status types that make a response by themselves (RFC 7296 §2.6, RFC 5685 §3, RFC 5723 §4.3). */
const ALONE: readonly number[] = [NOTIFY.COOKIE, NOTIFY.REDIRECT, NOTIFY.TICKET_NACK];
