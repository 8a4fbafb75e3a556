// Makes an instance of the module for certificates (`pki.wasm`, from `wasm-pki`).

import {
  concat,
  createFields,
  field,
  type Fields,
  listFields,
  numberField,
  textField,
} from "./pki_fields.ts";

/** Why a path or a certificate is refused, by the names of `wasm-pki/src/reason.rs`. */
export const PKI_REASONS = [
  "malformed",
  "expired",
  "not_yet_valid",
  "unknown_issuer",
  "signature",
  "signature_algorithm",
  "key",
  "revoked",
  "no_crl",
  "crl_expired",
  "crl",
  "usage",
  "not_ca",
  "ca",
  "path_len",
  "name_constraints",
  "critical_extension",
  "identity",
  "limit",
] as const;

export type PkiReason = (typeof PKI_REASONS)[number];

/** Signatures, which the module leaves to its host. */
export interface PkiHost {
  /**
   * Whether a signature is good. It does not throw.
   *
   * @param hash Bits of SHA-2; 0 for Ed25519
   * @param spki A SubjectPublicKeyInfo
   */
  verify(signed: {
    readonly kind: SignatureKind;
    readonly hash: number;
    readonly spki: Uint8Array;
    readonly message: Uint8Array;
    readonly signature: Uint8Array;
  }): boolean;
}

/** ECDSA has a DER Ecdsa-Sig-Value, PSS a salt as long as its hash. */
export type SignatureKind = "pkcs1" | "pss" | "ecdsa" | "ed25519";

/** A path to judge. Certificates and CRLs are DER. */
export interface PkiQuestion {
  /** The peer's certificate first, then others in any order. */
  readonly chain: readonly Uint8Array[];
  readonly anchors: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  /** Seconds since 1970. */
  readonly now: number;
  /** Whether each CA needs a CRL, and a fresh one. */
  readonly needsCrl: boolean;
  /**
   * `ike`: the extended key usage names IKE or any use. `any`: TLS will do too (RFC 4945
   * §5.1.3.12).
   */
  readonly usage: "ike" | "any";
  /** Type and data of an identity (RFC 7296 §3.5) that the certificate must have; null for none. */
  readonly identity: { readonly type: number; readonly data: Uint8Array } | null;
}

/** What a certificate says. */
export interface PkiCertificate {
  /** DER of the names, with their tag. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
  /** The SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isCa: boolean;
  /** Subject alternative names: the tag of GeneralName, and its value (RFC 5280 §4.2.1.6). */
  readonly names: readonly PkiName[];
}

export interface PkiName {
  readonly tag: number;
  readonly value: Uint8Array;
}

export type PkiVerdict =
  | { readonly certificate: PkiCertificate }
  | { readonly reason: PkiReason };

/** A key of a small CA: P-256 or Ed25519. */
export interface PkiKey {
  /** The BIT STRING of its SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** Identifier for the extensions that name it. */
  readonly id: Uint8Array;
}

/** Whoever signs: a CA. */
export interface PkiIssuer {
  /** Its common name. */
  readonly name: string;
  readonly key: PkiKey;
  /** Signs with its private key: ECDSA with SHA-256 as DER, or Ed25519. */
  sign(message: Uint8Array): Uint8Array;
}

/** A certificate to make. */
export interface PkiOrder {
  /** The common name. */
  readonly name: string;
  readonly key: PkiKey;
  readonly serial: Uint8Array;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly names: readonly PkiName[];
  /** A CA's certificate is signed with its own key. */
  readonly isCa: boolean;
}

/** A CRL to make. */
export interface PkiCrlOrder {
  readonly number: number;
  /** Seconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked: readonly { readonly serial: Uint8Array; readonly at: number }[];
}

/** The module. */
export interface Pki {
  /** Judges a path from a peer's certificate to a trusted CA. */
  validate(question: PkiQuestion): PkiVerdict;
  /** Reads a certificate; undefined if it is none. */
  describe(der: Uint8Array): PkiCertificate | undefined;
  /** Whether octets are a CRL that can be used. */
  isCrl(der: Uint8Array): boolean;
  /** Makes a certificate. @throws {TypeError} If a field is not what it must be */
  issue(issuer: PkiIssuer, order: PkiOrder): Uint8Array;
  /** Makes a CRL. @throws {TypeError} If a field is not what it must be */
  issueCrl(issuer: PkiIssuer, order: PkiCrlOrder): Uint8Array;
  /** The names of all reasons that the module has. */
  reasons(): string[];
}

/**
 * Makes an instance of the module.
 *
 * @throws {WebAssembly.CompileError} If the octets are no module
 */
export function instantiatePki(octets: Uint8Array<ArrayBuffer>, host: PkiHost): Pki {
  const { call, callSigned } = createCaller(new WebAssembly.Module(octets), host);

  function made(answer: Fields | undefined): Uint8Array {
    if (answer === undefined || answer.isEmpty()) {
      throw new TypeError("Cannot make a certificate or CRL: a field is not what it must be");
    }
    return answer.octets();
  }

  return {
    validate(question): PkiVerdict {
      const answer = call("validate", questionFields(question));
      if (answer === undefined) return { reason: "malformed" };
      const name = answer.text();
      if (name === "") return { certificate: certificateOf(answer) };
      return { reason: PKI_REASONS.find((reason) => reason === name) ?? "malformed" };
    },
    describe(der): PkiCertificate | undefined {
      const answer = call("describe", [field(der)]);
      return answer === undefined || answer.isEmpty() ? undefined : certificateOf(answer);
    },
    isCrl: (der) => call("read_crl", [field(der)])?.isEmpty() === false,
    issue: (issuer, order) => made(callSigned("issue_certificate", issuer, orderFields(order))),
    issueCrl: (issuer, order) => made(callSigned("issue_crl", issuer, crlFields(order))),
    reasons(): string[] {
      const answer = call("reasons", []);
      const names: string[] = [];
      while (answer?.isEmpty() === false) names.push(answer.text());
      return names;
    },
  };
}

/** Calls of the module. */
interface Caller {
  /** The answer; undefined after a trap. */
  call(name: CallName, request: readonly Uint8Array[]): Fields | undefined;
  /** The same, where the module asks for signatures. */
  callSigned(
    name: CallName,
    issuer: PkiIssuer,
    request: readonly Uint8Array[],
  ): Fields | undefined;
}

function createCaller(module: WebAssembly.Module, host: PkiHost): Caller {
  let signer: PkiIssuer["sign"] | undefined;
  let exports = instantiate();

  function instantiate(): Exports {
    const instance = new WebAssembly.Instance(module, { host: { verify, sign } });
    return instance.exports as unknown as Exports;
  }

  function memoryAt(at: number, len: number): Uint8Array {
    return new Uint8Array(exports.memory.buffer, at, len);
  }

  function verify(at: number, len: number): number {
    const fields = createFields(memoryAt(at, len).slice());
    const kind = KINDS[fields.number()];
    if (kind === undefined) return 0;
    const [hash, spki, message] = [fields.number(), fields.octets(), fields.octets()];
    return host.verify({ kind, hash, spki, message, signature: fields.octets() }) ? 1 : 0;
  }

  function sign(at: number, len: number): number {
    const signature = signer?.(memoryAt(at, len).slice());
    if (signature === undefined) return 0;
    memoryAt(exports.signature(signature.length), signature.length).set(signature);
    return 1;
  }

  /** A trap leaves nothing behind: the next call has a new instance. */
  function call(name: CallName, request: readonly Uint8Array[]): Fields | undefined {
    try {
      const octets = concat(request);
      memoryAt(exports.request(octets.length), octets.length).set(octets);
      const len = exports[name]();
      return createFields(memoryAt(exports.answer(), len).slice());
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      exports = instantiate();
      return undefined;
    }
  }

  return {
    call,
    callSigned(name, { name: issuerName, key, sign: signNow }, request): Fields | undefined {
      signer = signNow;
      const answer = call(name, [textField(issuerName), ...keyFields(key), ...request]);
      signer = undefined;
      return answer;
    },
  };
}

type CallName =
  | "validate"
  | "describe"
  | "read_crl"
  | "issue_certificate"
  | "issue_crl"
  | "reasons";

/** Each takes the request from where `request` says, and returns the length of the answer. */
interface Exports extends Readonly<Record<CallName, () => number>> {
  readonly memory: WebAssembly.Memory;
  request(len: number): number;
  signature(len: number): number;
  answer(): number;
}

/** By their number in `wasm-pki/src/algorithms.rs`. */
const KINDS: readonly SignatureKind[] = ["pkcs1", "pss", "ecdsa", "ed25519"];

function certificateOf(fields: Fields): PkiCertificate {
  const [subject, issuer, serial] = [fields.octets(), fields.octets(), fields.octets()];
  const [spki, notBefore, notAfter] = [fields.octets(), fields.number(), fields.number()];
  const isCa = fields.number() === 1;
  const names = Array.from({ length: fields.number() }, () => {
    const name = fields.octets();
    return { tag: name[0] ?? 0, value: name.subarray(1) };
  });
  return { subject, issuer, serial, spki, notBefore, notAfter, isCa, names };
}

function questionFields(question: PkiQuestion): Uint8Array[] {
  const { chain, anchors, crls, now, needsCrl, usage, identity } = question;
  return [
    numberField(now),
    numberField((needsCrl ? 1 : 0) | (usage === "ike" ? 2 : 0)),
    numberField(identity?.type ?? 0),
    field(identity?.data ?? new Uint8Array(0)),
    ...listFields(chain),
    ...listFields(anchors),
    ...listFields(crls),
  ];
}

function orderFields(order: PkiOrder): Uint8Array[] {
  return [
    textField(order.name),
    ...keyFields(order.key),
    field(order.serial),
    numberField(order.notBefore),
    numberField(order.notAfter),
    ...listFields(order.names.map(({ tag, value }) => concat([Uint8Array.of(tag), value]))),
    numberField(order.isCa ? 1 : 0),
  ];
}

function crlFields({ number: count, thisUpdate, nextUpdate, revoked }: PkiCrlOrder): Uint8Array[] {
  const entries = revoked.flatMap(({ serial, at }) => [field(serial), numberField(at)]);
  const times = [numberField(thisUpdate), numberField(nextUpdate)];
  return [...times, numberField(count), numberField(revoked.length), ...entries];
}

function keyFields({ publicKey, id }: PkiKey): Uint8Array[] {
  return [field(publicKey), field(id)];
}
