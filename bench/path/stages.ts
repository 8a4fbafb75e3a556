// Where the processor time of a packet goes: each path through a gateway with clocks around its
// calls. Throughput is not reported, because the clocks slow it.

import type { Sample } from "../lib/record.ts";
import type { Report } from "../lib/report.ts";
import { percentile } from "../lib/stats.ts";
import { SHAPES } from "./paths.ts";
import type { StageTimes } from "./stages/clocks.ts";
import { type Stage, STAGES } from "./stages/stage.ts";
import { type Case, casesOf, type SuiteOptions, WARMUPS, withCases } from "./throughput.ts";

/**
 * Runs the cases that are asked for, on one connection each. Each stage is a case: `tunnel/aead up
 * 1400 1`.
 */
export async function measureStages(report: Report, options: SuiteOptions): Promise<void> {
  const { progress } = report;
  const subject = `culvert-${options.engine}` as const;
  const program = "bench/path/stages/timed_gateway.ts";
  await withCases(
    { options, cases: stageCases(options), program, nameOf: stageName, progress },
    async (scene, found, recording) => {
      const gateway = found.path.gatewayOf(scene);
      const runs: StageTimes[] = [];
      for (let run = 0; run < WARMUPS + options.runs; run++) {
        progress.round(run + 1, WARMUPS + options.runs);
        await found.path.run(scene, recording);
        const times = JSON.parse(await gateway.line()) as StageTimes;
        if (run >= WARMUPS) runs.push(times);
      }
      report.add(
        ...stagesOf(runs, recording.packets).map((stage) => ({
          case: stageName(found, stage),
          octets: found.innerLen,
          unit: "packets/s" as const,
          baseline: subject,
          samples: new Map([[subject, samplesOf(runs, stage, recording.packets)]]),
        })),
      );
    },
  );
}

/** The cases that `measureStages` runs. */
export function stageCases({ only }: SuiteOptions): Case[] {
  const shapes = SHAPES.filter(({ innerLen, connections }) =>
    connections === 1 && STAGED_LENS.includes(innerLen)
  );
  return casesOf(shapes, only, stageName);
}

function stageName({ path, innerLen }: Case, stage = "stages"): string {
  return `${path.what}/${stage} ${path.direction} ${innerLen} 1`;
}

/**
 * Stages that matter, in the order of a packet. A stage that runs once for each connection is below
 * the limit for each packet.
 */
function stagesOf(runs: readonly StageTimes[], packets: number): Stage[] {
  return STAGES.filter((stage) => {
    const samples = samplesOf(runs, stage, packets);
    return percentile(samples.map(({ value }) => value), 50) >= STAGE_MIN_S;
  });
}

/** A stage's time is all processor time. */
function samplesOf(runs: readonly StageTimes[], stage: Stage, packets: number): Sample[] {
  return runs.map((times) => {
    const seconds = (times[stage] ?? 0) / 1000 / packets;
    return { value: seconds, cpu: seconds };
  });
}

/** Lengths of inner packets in octets. */
const STAGED_LENS: readonly number[] = [64, 1400, 9000];
const STAGE_MIN_S = 1e-9;
