import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AUTH_METHOD, CP_TYPE, KE, PROTOCOL } from "./constants.ts";
import { NOTIFY } from "./notify_types.ts";
import { makeNotify } from "./payloads/notify.ts";
import { type Payload, TYPES } from "./payloads/payload.ts";
import { readAnswer, readContent, readCreateChild, type RuleName, RULES } from "./rules.ts";
import {
  CLIENT,
  ESP_PROPOSAL,
  IKE_PROPOSAL,
  PAYLOADS,
} from "../../../tests/support/ike/arbitraries.ts";
import { rawPayloads, reasonOf, valueOf } from "../../../tests/support/ike/messages.ts";

const SA: Payload = { kind: "sa", proposals: [IKE_PROPOSAL] };
const CHILD_SA: Payload = { kind: "sa", proposals: [ESP_PROPOSAL] };
const KE_DATA: Payload = { kind: "ke", method: KE.X25519, data: new Uint8Array(32).fill(1) };
const NONCE: Payload = { kind: "nonce", data: new Uint8Array(32).fill(2) };
const AUTH: Payload = { kind: "auth", method: AUTH_METHOD.PSK, data: new Uint8Array(32) };
const TSI: Payload = { kind: "tsi", selectors: [] };
const TSR: Payload = { kind: "tsr", selectors: [] };
const CP: Payload = { kind: "cp", type: CP_TYPE.REQUEST, attributes: [] };
const COOKIE = makeNotify(NOTIFY.COOKIE, Uint8Array.of(1));

const NAMES = Object.keys(RULES) as RuleName[];

/** Kinds that a row names, with the number of times that each may occur. */
function rowOf(name: RuleName): Map<string, string> {
  const singular = (field: string): string => {
    if (field === "notifies") return "notify";
    return field in TYPES ? field : field.slice(0, -1);
  };
  return new Map(Object.entries(RULES[name]).map(([field, often]) => [singular(field), often]));
}

/** A payload of a kind. */
function sample(kind: string): Payload {
  const [payload] = fc.sample(PAYLOADS[kind as Payload["kind"]] as fc.Arbitrary<Payload>, {
    seed: 7,
    numRuns: 1,
  });
  ok(payload);
  return payload;
}

/** The payloads that a row has to have, and SA, TSi and TSr where it may have them. */
function minimum(name: RuleName): Payload[] {
  const row = rowOf(name);
  return [...row].filter(([kind, often]) => {
    return often === "one" || (kind === "sa" || kind === "tsi" || kind === "tsr");
  }).map(([kind]) => sample(kind));
}

test("IW4, IW52: each row takes what it has to have, and misses each part of it", () => {
  for (const name of NAMES) {
    const payloads = minimum(name);
    equal(reasonOf(readContent(name, rawPayloads(payloads))), null, name);
    for (const payload of payloads) {
      if (rowOf(name).get(payload.kind) !== "one") continue;
      const others = rawPayloads(payloads.filter((one) => one !== payload));
      equal(reasonOf(readContent(name, others)), "payload_missing", `${name} ${payload.kind}`);
    }
  }
});

test("IW4, IW52: what a row has once must not come twice; what it does not have is skipped", () => {
  for (const name of NAMES) {
    const row = rowOf(name);
    const payloads = minimum(name);
    for (const kind of Object.keys(TYPES)) {
      const extra = sample(kind);
      const twice = rawPayloads([...payloads.filter((one) => one.kind !== kind), extra, extra]);
      const often = row.get(kind);
      const isOnce = often === "one" || often === "maybe";
      equal(reasonOf(readContent(name, twice)), isOnce ? "payload_twice" : null, `${name} ${kind}`);
    }
  }
});

test("IW4: the body of a payload that a row does not have is not looked into", () => {
  const broken = { type: TYPES.cp, isCritical: false, body: Uint8Array.of(1) };
  const raws = rawPayloads([SA, KE_DATA, NONCE]);
  const content = valueOf(readContent("ikeSaInitRequest", [broken, ...raws, broken]));
  deepEqual(content, { sa: SA, ke: KE_DATA, nonce: NONCE, notifies: [], vendors: [] });
  equal(reasonOf(readContent("informational", [broken])), "body_short");
});

test("IW2: payloads may come in any order", () => {
  const payloads = [CLIENT, AUTH, CP, CHILD_SA, TSI, TSR, COOKIE];
  const expected = valueOf(readContent("ikeAuthRequest", rawPayloads(payloads)));
  fc.assert(fc.property(fc.shuffledSubarray(payloads, { minLength: payloads.length }), (order) => {
    deepEqual(valueOf(readContent("ikeAuthRequest", rawPayloads(order))), expected);
  }));
});

test("IW52: SA, TSi and TSr of IKE_AUTH come together or not at all", () => {
  const child = [CHILD_SA, TSI, TSR];
  for (const name of ["ikeAuthRequest", "ikeAuthResponse"] as const) {
    for (const part of child) {
      const alone = rawPayloads([CLIENT, AUTH, part]);
      equal(reasonOf(readContent(name, alone)), "payload_missing");
      const without = rawPayloads([CLIENT, AUTH, ...child.filter((one) => one !== part)]);
      equal(reasonOf(readContent(name, without)), "payload_missing");
    }
    equal(valueOf(readContent(name, rawPayloads([CLIENT, AUTH]))).sa, null);
  }
});

test("IW10: a response with an error, known or not, is a refusal", () => {
  for (const type of [NOTIFY.NO_PROPOSAL_CHOSEN, NOTIFY.INVALID_KE_PAYLOAD, 8191]) {
    const notify = makeNotify(type);
    const contents: readonly Payload[][] = [[], [SA, KE_DATA, NONCE]];
    for (const others of contents) {
      const answer = valueOf(readAnswer("ikeSaInitResponse", rawPayloads([...others, notify])));
      deepEqual(answer, { kind: "refused", notifies: [notify] });
    }
  }
});

test("IW10: an unknown status is no refusal, and an unknown error in a request is nothing", () => {
  const payloads = [SA, KE_DATA, NONCE];
  const unknown = makeNotify(40_959);
  const answer = valueOf(readAnswer("ikeSaInitResponse", rawPayloads([...payloads, unknown])));
  equal(answer.kind, "accepted");
  equal(reasonOf(readAnswer("ikeSaInitResponse", rawPayloads([unknown]))), "payload_missing");
  const request = rawPayloads([...payloads, makeNotify(8191)]);
  deepEqual(valueOf(readContent("ikeSaInitRequest", request)).ke, KE_DATA);
});

test("IW52: a cookie, a redirection and a refused ticket are responses by themselves", () => {
  const cases = [
    ["ikeSaInitResponse", NOTIFY.COOKIE],
    ["ikeSaInitResponse", NOTIFY.REDIRECT],
    ["sessionResumeResponse", NOTIFY.TICKET_NACK],
  ] as const;
  for (const [name, type] of cases) {
    equal(valueOf(readAnswer(name, rawPayloads([makeNotify(type)]))).kind, "refused");
  }
  const whole = rawPayloads([COOKIE, SA, KE_DATA, NONCE]);
  equal(valueOf(readAnswer("ikeSaInitResponse", whole)).kind, "accepted");
  equal(reasonOf(readAnswer("ikeSaInitResponse", rawPayloads([COOKIE, SA, SA]))), "payload_twice");
});

test("IW4, IW52: the first proposal of CREATE_CHILD_SA says what is asked for", () => {
  const ike = valueOf(readCreateChild(rawPayloads([SA, NONCE, KE_DATA])));
  equal(ike.kind, "ike");
  equal(reasonOf(readCreateChild(rawPayloads([SA, NONCE]))), "payload_missing");
  const child = valueOf(readCreateChild(rawPayloads([CHILD_SA, NONCE, TSI, TSR])));
  equal(child.kind, "child");
  equal(child.ke, null);
  for (const lacking of [[CHILD_SA, NONCE, TSI], [CHILD_SA, NONCE, TSR], [CHILD_SA, TSI, TSR]]) {
    equal(reasonOf(readCreateChild(rawPayloads(lacking))), "payload_missing");
  }
});

test("IW4: CP in the rekey of a Child SA is skipped", () => {
  const rekey = { ...makeNotify(NOTIFY.REKEY_SA), protocol: PROTOCOL.ESP, spi: ESP_PROPOSAL.spi };
  const payloads = rawPayloads([CP, rekey, CHILD_SA, NONCE, TSI, TSR]);
  const request = valueOf(readCreateChild(payloads));
  deepEqual(request.notifies, [rekey]);
  ok(!("cp" in request));
});
