import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { openTestPki } from "../tests/support/ike/pki.ts";
import { pemObjects } from "../gateway/ike/certificates/pem.ts";
import { ID } from "../gateway/ike/wire/constants.ts";
import { identity } from "../tests/support/ike/pair.ts";
import { PKI_REASONS, type PkiQuestion } from "./pki.ts";

/** A case of x509-limbo (its `limbo-schema.json`), without keys and descriptions. */
interface Case {
  readonly id: string;
  readonly "trusted_certs": readonly string[];
  readonly "untrusted_intermediates"?: readonly string[];
  readonly "peer_certificate": string;
  /** RFC 3339. */
  readonly "validation_time"?: string;
  readonly "expected_result": "SUCCESS" | "FAILURE";
  readonly "expected_peer_name"?: {
    readonly kind: "DNS" | "IP" | "RFC822";
    readonly value: string;
  };
  readonly crls?: readonly string[];
}

/** Cases that do not apply, with what is said of them here and why. */
const LEFT_OUT: readonly {
  readonly because: string;
  readonly verdict: string;
  readonly ids: readonly string[];
}[] = [
  {
    because: "a rule for whoever issues, from which nothing follows about a path: key identifiers",
    verdict: "good",
    ids: [
      "rfc5280::aki::critical-aki",
      "rfc5280::aki::leaf-missing-aki",
      "rfc5280::aki::intermediate-missing-aki",
      "rfc5280::aki::cross-signed-root-missing-aki",
      "rfc5280::ski::critical-ski",
      "rfc5280::ski::root-missing-ski",
      "rfc5280::ski::intermediate-missing-ski",
      "webpki::aki::root-with-aki-missing-keyidentifier",
      "webpki::aki::root-with-aki-authoritycertissuer",
      "webpki::aki::root-with-aki-authoritycertserialnumber",
      "webpki::aki::root-with-aki-all-fields",
      "webpki::aki::root-with-aki-ski-mismatch",
    ],
  },
  {
    because: "a rule for whoever issues: forms of numbers, names and extensions",
    verdict: "good",
    ids: [
      "crl::crlnumber-missing",
      "crl::crlnumber-critical",
      "rfc5280::san::noncritical-with-empty-subject",
      "rfc5280::san::underscore-dns",
      "rfc5280::serial::too-long",
      "rfc5280::serial::zero",
      "webpki::san::san-critical-with-nonempty-subject",
      "webpki::malformed-aia",
      "webpki::forbidden-rsa-not-divisible-by-8-in-root",
      "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf",
    ],
  },
  {
    because:
      "a rule for whoever issues: constraints that are enforced all the same, or that are none",
    verdict: "good",
    ids: [
      "rfc5280::nc::permitted-dns-match-noncritical",
      "rfc5280::nc::invalid-dnsname-leading-period",
      "rfc5280::pc::ica-noncritical-pc",
      "webpki::nc::intermediate-permitted-excluded-subtrees-both-null",
      "webpki::nc::intermediate-permitted-excluded-subtrees-both-empty-sequences",
    ],
  },
  {
    because: "a trusted CA is a name and a key (RFC 5280 §6.1.1 (d)): it is trusted as it is",
    verdict: "good",
    ids: [
      "rfc5280::unknown-critical-extension-root",
      "rfc5280::root-non-critical-basic-constraints",
      "webpki::eku::root-has-eku",
    ],
  },
  {
    because: "a limit that IKE has no setting for",
    verdict: "good",
    ids: ["pathlen::max-chain-depth-0-exhausted", "pathlen::max-chain-depth-1-exhausted"],
  },
  {
    because: "the use of the Web: IKE takes any of its own, of a TLS server's and a client's",
    verdict: "good",
    ids: [
      "rfc5280::eku::ee-wrong-eku",
      "webpki::eku::ee-anyeku",
      "webpki::eku::ee-critical-eku",
      "webpki::eku::ee-without-eku",
    ],
  },
  {
    because: "the common name is no identity (RFC 4945 §3.1.9), so what it says does not matter",
    verdict: "good",
    ids: [
      "webpki::cn::ipv4-hex-mismatch",
      "webpki::cn::ipv4-leading-zeros-mismatch",
      "webpki::cn::ipv6-uppercase-mismatch",
      "webpki::cn::ipv6-uncompressed-mismatch",
      "webpki::cn::ipv6-non-rfc5952-mismatch",
      "webpki::cn::punycode-not-in-san",
      "webpki::cn::utf8-vs-punycode-mismatch",
      "webpki::cn::not-in-san",
      "webpki::cn::case-mismatch",
    ],
  },
  {
    because: "a name with a star is no identity of IKE",
    verdict: "identity",
    ids: [
      "webpki::nc::nc-permits-dns-san-pattern",
      "webpki::san::leftmost-wildcard-san",
      "online::docs.python.org",
    ],
  },
  {
    because: "rustls-webpki refuses every constraint on directory names and mailboxes",
    verdict: "name_constraints",
    ids: [
      "rfc5280::nc::permitted-dn-match",
      "rfc5280::nc::nc-permits-email-exact",
      "rfc5280::nc::nc-permits-email-domain",
      "rfc5280::nc::nc-permits-email-literal-asterisk-exact-match",
      "rfc5280::nc::nc-permits-email-literal-double-asterisk",
      "rfc5280::nc::nc-permits-email-literal-mid-asterisk",
    ],
  },
  {
    because: "rustls-webpki does not follow a CA that has issued a certificate to itself",
    verdict: "signature",
    ids: ["pathlen::self-issued-certs-pathlen", "rfc5280::nc::permitted-self-issued"],
  },
  {
    because: "a CA is no peer",
    verdict: "ca",
    ids: ["pathlen::validation-ignores-pathlen-in-leaf", "rfc5280::ca-as-leaf"],
  },
];

const PKI = openTestPki();
const CASES = readCases();

test("x509-limbo: every case that applies agrees", () => {
  const leftOut = new Set(LEFT_OUT.flatMap(({ ids }) => ids));
  const wrong = CASES.filter(({ id }) => !leftOut.has(id)).flatMap((one) => {
    const verdict = verdictOf(one);
    const isRight = (verdict === "good") === (one["expected_result"] === "SUCCESS");
    return isRight ? [] : [`${one.id}: ${verdict}`];
  });
  assert.deepEqual(wrong, []);
  assert.deepEqual([CASES.length, leftOut.size], [208, 58]);
});

for (const { because, verdict, ids } of LEFT_OUT) {
  test(`x509-limbo, left out: ${because}`, () => {
    for (const id of ids) {
      const one = CASES.find((found) => found.id === id);
      assert.ok(one !== undefined, id);
      assert.equal(verdictOf(one), verdict, id);
      assert.notEqual(verdict === "good", one["expected_result"] === "SUCCESS", `${id} agrees`);
    }
  });
}

test("the module and its bindings have the same reasons", () => {
  assert.deepEqual(PKI.reasons(), [...PKI_REASONS]);
});

test("IA45: whatever a peer sends as a certificate, the module answers and goes on", () => {
  const [one] = CASES;
  assert.ok(one !== undefined);
  const question = questionOf(one);
  const good = CASES.filter((found) => found["expected_result"] === "SUCCESS").slice(0, 20);
  for (const found of good) {
    const [der = new Uint8Array(0)] = derOfPem(found["peer_certificate"]);
    for (let at = 0; at < der.length; at += 3) {
      const changed = der.slice();
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      for (const chain of [[changed], [der.subarray(0, at)], [der, changed]]) {
        const verdict = PKI.validate({ ...question, chain });
        assert.ok("reason" in verdict);
      }
      PKI.describe(changed);
      PKI.isCrl(changed);
    }
  }
  assert.equal(PKI.reasons().length, PKI_REASONS.length);
});

function verdictOf(one: Case): string {
  const verdict = PKI.validate(questionOf(one));
  return "reason" in verdict ? verdict.reason : "good";
}

function questionOf(one: Case): PkiQuestion {
  const { crls = [] } = one;
  const others = one["untrusted_intermediates"] ?? [];
  const name = one["expected_peer_name"];
  return {
    chain: [one["peer_certificate"], ...others].flatMap(derOfPem),
    anchors: one["trusted_certs"].flatMap(derOfPem),
    crls: crls.flatMap(derOfPem),
    now: Math.floor(Date.parse(one["validation_time"] ?? WHEN) / 1000),
    needsCrl: crls.length > 0,
    usage: "any",
    identity: name === undefined ? null : identityOf(name),
  };
}

function identityOf(
  { kind, value }: Required<Case>["expected_peer_name"],
): PkiQuestion["identity"] {
  if (kind === "IP") return identity(value);
  return { type: kind === "DNS" ? ID.FQDN : ID.RFC822_ADDR, data: new TextEncoder().encode(value) };
}

function derOfPem(text: string): Uint8Array[] {
  return pemObjects(text).map(({ der }) => der);
}

/** When cases without a time of their own are judged: after they were made. */
const WHEN = "2026-12-01T00:00:00Z";

function readCases(): Case[] {
  const url = new URL("../wasm-pki/tests/vectors/x509-limbo.json.gz", import.meta.url);
  return JSON.parse(new TextDecoder().decode(gunzipSync(readFileSync(url)))).testcases;
}
