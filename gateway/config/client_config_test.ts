import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import {
  certificateDer,
  certificateFile,
  TEST_TIME,
} from "../../tests/support/ike/certificates.ts";
import { identityText, parseIdentity } from "../ike/identity/identity.ts";
import { readPki } from "../runtime/files.ts";
import { type ClientChoice, readClient } from "./client_config.ts";
import type { ClientConfig } from "./types.ts";

const NOTHING: ClientChoice = {
  ...{ localId: null, serverId: "gw.example.org", psk: null, remote: null, inner: null },
  ...{ cert: null, key: null, ca: [] },
};

const OWN = { cert: "p256.pem", key: "p256.key" } as const;

function read(choice: Partial<ClientChoice>): Promise<ClientConfig> {
  return readClient({ ...NOTHING, ...choice }, {
    readTextFile: (path) => Promise.resolve(certificateFile(path)),
    tools: { readPki, date: () => new Date(TEST_TIME * 1000) },
    originOf: (part) => ({ path: part }),
  });
}

function identity(text: string): NonNullable<ClientChoice["localId"]> {
  const parsed = parseIdentity(text);
  ok("value" in parsed);
  return parsed.value;
}

test("each side proves itself by a certificate where there is one, and else by the secret", async () => {
  const localId = identity("carol@example.org");
  const psk = Uint8Array.of(1, 2, 3);
  const cases: readonly (readonly [Partial<ClientChoice>, ClientConfig["auth"]])[] = [
    [{ localId, psk }, { own: "psk", peer: "psk" }],
    [{ localId, ...OWN, ca: ["root.pem"] }, { own: "cert", peer: "cert" }],
    [{ localId, psk, ca: ["root.pem"] }, { own: "psk", peer: "cert" }],
    [{ localId, psk, ...OWN }, { own: "cert", peer: "psk" }],
  ];
  for (const [choice, auth] of cases) {
    const client = await read(choice);
    deepEqual(client.auth, auth);
    equal(client.psk, choice.psk ?? null);
    equal((client.certificates?.own ?? null) !== null, auth.own === "cert");
    deepEqual(
      client.certificates?.anchors ?? [],
      auth.peer === "cert" ? [certificateDer("root.pem")] : [],
    );
  }
});

test("without an identity a client has the first of its certificate", async () => {
  const { localId } = await read({ ...OWN, ca: ["root.pem"] });
  equal(identityText(localId), "gw.example.org");
});

test("what is missing or for nothing is said, and the secret is wiped", async () => {
  const localId = identity("carol@example.org");
  const cases: readonly (readonly [Partial<ClientChoice>, string])[] = [
    [{ localId }, "psk: is missing: a secret, or a certificate with its key and the server's CA"],
    [{ localId, ...OWN }, "psk: is missing: the server has neither a secret nor a CA"],
    [
      { localId, ca: ["root.pem"] },
      "psk: is missing: this side has neither a secret nor a certificate",
    ],
    [
      { localId, ...OWN, ca: ["root.pem"], psk: Uint8Array.of(1) },
      "psk: is for nothing: both sides have certificates",
    ],
    [{ psk: Uint8Array.of(1) }, "localId: is missing"],
    [{ psk: Uint8Array.of(1), cert: "p256.pem" }, "p256.pem: needs its private key beside it"],
    [{ psk: Uint8Array.of(1), key: "p256.key" }, "p256.key: needs a certificate beside it"],
    [
      { localId, psk: Uint8Array.of(1), ca: ["away.pem"] },
      "ca: Cannot read away.pem: Cannot find away.pem",
    ],
    [
      { localId: identity("dave"), ...OWN, ca: ["root.pem"] },
      "p256.pem: is not for dave, but for gw.example.org, carol@example.org, 192.0.2.1",
    ],
  ];
  for (const [choice, problem] of cases) {
    await rejects(read(choice), ({ message }: Error) => {
      equal(message.slice(0, problem.length), problem);
      return true;
    });
    ok(choice.psk?.every((octet) => octet === 0) ?? true, problem);
  }
});
