// SIGHUP: the gateway reads the file again. It names each setting that cannot change at run time,
// and leaves it as it was.

import { equal, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe } from "node:test";
import { expectEcho } from "../support/echo.ts";
import { startGateway } from "../support/gateway.ts";
import { addPeer, makePeer, randomKey } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { tempFile } from "../support/temp.ts";
import { settle } from "../support/wait.ts";

describe("SIGHUP", () => {
  scenario("what cannot change is named in the log, and connections go on", async () => {
    const file = tempFile('suspect_limit = 5\nlog_level = "info"\n', "toml");
    const gateway = await startGateway(["--config", file]);
    try {
      const peer = await addPeer(gateway.api);
      const connection = await gateway.connect();
      await expectEcho(connection, peer);
      writeFileSync(file, 'suspect_limit = 6\nlog_level = "info"\n');
      gateway.program.kill("SIGHUP");
      await expectSaid(gateway.program.stderr, /reloaded.*suspect_limit/);
      await expectEcho(connection, peer);
      const { limits } = await gateway.api.get("/v1/status") as { limits: Record<string, number> };
      equal(limits.suspectLimit, 5);
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });

  scenario("a file that is wrong now changes nothing, and its line is named", async () => {
    const file = tempFile('log_level = "info"\n', "toml");
    const gateway = await startGateway(["--config", file]);
    try {
      writeFileSync(file, 'log_level = "info"\nnonsense = 1\n');
      gateway.program.kill("SIGHUP");
      await expectSaid(gateway.program.stderr, /error.*:2.*nonsense/);
      await expectEcho(await gateway.connect(), await addPeer(gateway.api));
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });

  scenario("a new token is in force at once, the old one no more", async () => {
    const [old, next] = [randomKey(24).toString("hex"), randomKey(24).toString("hex")];
    const file = tempFile(`${old}\n`);
    const gateway = await startGateway(["--api-token-file", file], { token: next });
    try {
      const body = makePeer().inboundBody;
      equal((await gateway.api.request("POST", "/v1/sas", { body })).status, 401);
      writeFileSync(file, `${next}\n`);
      gateway.program.kill("SIGHUP");
      const answer = await settle(
        () => gateway.api.request("POST", "/v1/sas", { body }),
        ({ status }) => status === 201,
      );
      equal(answer.status, 201);
      const headers = { authorization: `Bearer ${old}` };
      equal((await gateway.api.request("POST", "/v1/drain", { headers })).status, 401);
    } finally {
      equal((await gateway.stop()).code, 0);
    }
  });
});

async function expectSaid(text: () => string, pattern: RegExp): Promise<void> {
  ok(await settle(() => pattern.test(text()), (found) => found), text());
}
