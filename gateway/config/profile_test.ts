import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { identityText } from "../ike/identity/identity.ts";
import { parseConnectTarget } from "./connect_target.ts";
import { readProfile } from "./profile.ts";
import { parseBase64, parseSecret } from "./secret.ts";

const SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const LINES: Readonly<Record<string, string>> = {
  server: '"vpn.example.net:4500"',
  id: '"laptop"',
  "server_id": '"vpn.example.net"',
  psk: `"${SECRET}"`,
};

function textOf(lines: Readonly<Record<string, string>>): string {
  return Object.entries(lines).map(([key, value]) => `${key} = ${value}\n`).join("");
}

test("a profile has its server, both identities and the secret", () => {
  const profile = readProfile("p.toml", textOf(LINES));
  deepEqual(profile.server, {
    host: "vpn.example.net",
    port: 4500,
    text: "vpn.example.net:4500",
  });
  equal(profile.localId && identityText(profile.localId), "laptop");
  equal(profile.serverId, "vpn.example.net");
  deepEqual(profile.psk, Uint8Array.from({ length: 32 }, (_, at) => at));
  deepEqual([profile.remote, profile.inner], [null, null]);
});

test("a profile may name what is wanted behind the server, and a host to ping", () => {
  const more = { ...LINES, remote: '["10.0.0.0/8", "2001:db8::/32"]', inner: '"10.93.29.1"' };
  const { remote, inner } = readProfile("p.toml", textOf(more));
  deepEqual(remote?.map(({ text }) => text), ["10.0.0.0/8", "2001:db8::/32"]);
  equal(inner?.text, "10.93.29.1");
});

test("a profile may name files of certificates in the place of the secret", () => {
  const { psk: _, id: _id, ...rest } = LINES;
  const files = { cert: '"own.pem"', key: '"own.key"', ca: '["ca.pem", "/etc/ca.pem"]' };
  const { localId, psk, cert, key, ca } = readProfile("p.toml", textOf({ ...rest, ...files }));
  deepEqual([localId, psk, cert, key, ca], [
    ...[null, null, "own.pem", "own.key"],
    ["ca.pem", "/etc/ca.pem"],
  ]);
});

test("a profile that is wrong is refused with its line, without the secret", () => {
  const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ psk: "" }, "p.toml:4: not TOML: "],
    [{ psk: `"${SECRET}!"` }, "p.toml:4: psk must be base64"],
    [{ psk: "7" }, "p.toml:4: psk must be a string"],
    [{ id: '"a b"' }, "p.toml:2: id must be an address, a name, a mailbox, or @# with hex"],
    [
      { server: '"vpn:0"' },
      "p.toml:1: server must look like vpn.example.net:4500 or [2001:db8::1]:4500",
    ],
    [{ "server_id": '"*bad"' }, "p.toml:3: server_id must be an address, a name, a mailbox"],
    [{ remote: "[]" }, "p.toml:5: remote must be a non-empty array of prefixes"],
    [{ remote: '["10.0.0.1/8"]' }, "p.toml:5: remote must have no bits set behind its length"],
    [{ ca: '"ca.pem"' }, "p.toml:5: ca must be a non-empty array of paths"],
    [{ key: '""' }, "p.toml:5: key must not be empty"],
    [{ inner: '"0.0.0.0"' }, "p.toml:5: inner must be the address of one host"],
    [{ colour: '"red"' }, 'p.toml:5: unknown key "colour"'],
  ];
  for (const [change, line] of cases) {
    throws(() => readProfile("p.toml", textOf({ ...LINES, ...change })), ({ message }: Error) => {
      equal(message.slice(0, line.length), line);
      return !message.includes("AAEC") && !message.includes("\n");
    });
  }
  const { server_id: _, ...without } = LINES;
  throws(
    () => readProfile("p.toml", textOf(without)),
    /^ConfigError: p\.toml: server_id is missing$/,
  );
});

test("a secret is a line of text, hex or base64, and never part of a message", () => {
  const octetsOf = (text: string): string | undefined => {
    const parsed = parseSecret(text);
    return "value" in parsed ? Buffer.from(parsed.value).toString("hex") : undefined;
  };
  equal(octetsOf(" secret\n"), "736563726574");
  equal(octetsOf("0x00ff"), "00ff");
  equal(octetsOf("0sAP8="), "00ff");
  for (const text of ["", " \n", "0x0", "0xgg", "0s", "0s!", "a\nb"]) {
    equal(octetsOf(text), undefined);
  }
  for (const text of ["A", "AA=", "====", "AAA==", "A A="]) {
    deepEqual(parseBase64(text), {
      problem: "must be base64",
    });
  }
  deepEqual(["AA", "AA==", "AAA", "AAA=", "AAAA"].map((text) => "value" in parseBase64(text)), [
    ...Array.from({ length: 5 }, () => true),
  ]);
});

test("the responder is a name or an address; its port is 4500 unless it has another", () => {
  const read = (text: string): unknown => {
    const parsed = parseConnectTarget(text);
    return "value" in parsed
      ? [parsed.value.host, parsed.value.port, parsed.value.text]
      : undefined;
  };
  deepEqual(read("vpn.example.net"), ["vpn.example.net", 4500, "vpn.example.net:4500"]);
  deepEqual(read("192.0.2.1:443"), ["192.0.2.1", 443, "192.0.2.1:443"]);
  deepEqual(read("[2001:db8::1]"), ["2001:db8::1", 4500, "[2001:db8::1]:4500"]);
  deepEqual(read("[2001:db8::1]:1"), ["2001:db8::1", 1, "[2001:db8::1]:1"]);
  for (
    const text of ["", ":4500", "h:", "h:0", "h:65536", "a..b", "::1", "[127.0.0.1]", "1.2.3.400"]
  ) {
    equal(read(text), undefined, text);
  }
});
