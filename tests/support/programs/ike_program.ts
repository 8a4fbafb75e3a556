// The gateway with IKE inside, as a test wants it: the plan of `tests/support/ike/plan.ts`, with
// the changes that CULVERT_TEST_PLAN has, in JSON.

import { runCli } from "../../../gateway/cli/main_cli.ts";
import { runtime } from "../../../gateway/runtime/mod.ts";
import { startGateway } from "../../../gateway/shell/start.ts";
import { testPlan } from "../ike/plan.ts";

const changes = JSON.parse(runtime.env()["CULVERT_TEST_PLAN"] ?? "{}") as Parameters<
  typeof testPlan
>[0];
const plan = testPlan(changes);
const ike = { plan: () => plan, leases: [], onLease: (): void => undefined };

runtime.exit(
  await runCli(runtime, { startGateway: (options) => startGateway({ ...options, ike }) }),
);
