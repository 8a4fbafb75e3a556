import { equal } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { inet, LOCALHOST, LOCALHOST6, openTestKernel } from "../../tests/support/test_kernel.ts";
import { EACCES, ECONNREFUSED } from "./constants.ts";
import { openUdpProbe } from "./udp_probe.ts";

const HOSTS = [["127.0.0.1", "udp4", LOCALHOST], ["::1", "udp6", LOCALHOST6]] as const;

for (const [host, type, octets] of HOSTS) {
  test(`openUdpProbe() meets silence on an open port of ${host}, a refusal on a closed one`, async () => {
    const kernel = openTestKernel();
    const socket = createSocket(type);
    socket.bind(0, host);
    await once(socket, "listening");
    const remote = inet(octets, socket.address().port);
    const came = once(socket, "message");
    const first = openUdpProbe(kernel, remote, NO_MARK);
    const [message] = await came;
    equal(message.toString("hex"), "ff");
    equal(first.refusal(), 0);
    first.close();
    socket.close();
    await once(socket, "close");
    const second = openUdpProbe(kernel, remote, NO_MARK);
    equal(second.refusal(), ECONNREFUSED);
    second.close();
  });
}

test("openUdpProbe(, NO_MARK) tells of an address to which the host will not send", () => {
  const kernel = openTestKernel();
  const probe = openUdpProbe(kernel, inet([255, 255, 255, 255], 4500), NO_MARK);
  equal(probe.refusal(), EACCES);
  equal(probe.refusal(), EACCES);
  probe.close();
});

const NO_MARK = 0;
