/** The flat figures that expectations and comparisons use, from a replay and a fit report. */

import type { ReplayResult } from '../replay/index.ts';
import type { FitReport } from '../switch/index.ts';
import type { Figures } from './expectations.ts';

/** Names are documented in docs/scenarios.md. Scores 0..1, resources as shares of the chip (0 without a limit). */
export function figuresOf(replay: ReplayResult, fit: FitReport): Figures {
  const share = (resource: string): number => fit.totals.find((one) => one.resource === resource)?.share ?? 0;
  const { outcomes } = replay;
  const accounted = outcomes.verdict + outcomes.noVerdict + outcomes.unparsed + outcomes.truncated + outcomes.short;
  return {
    macroF1: replay.switch.packets.macroF1,
    accuracy: replay.switch.packets.accuracy,
    coveredMacroF1: replay.switch.covered.macroF1,
    flowMacroF1: replay.switch.flows.macroF1,
    coverage: replay.switch.coverage,
    ...(replay.switch.rocAuc === null ? {} : { auc: replay.switch.rocAuc }),
    ...floatFigures(replay),
    scored: replay.scored,
    packets: outcomes.packets,
    packetsLost: outcomes.packets - accounted,
    unparsed: outcomes.unparsed,
    ...(replay.slots === null
      ? {}
      : {
          collidingFlows: replay.slots.collidingFlows,
          mergedFlows: replay.slots.mergedFlows,
          bitsPerFlow: replay.slots.bitsPerFlow,
        }),
    fits: fit.fits,
    stages: fit.stages.used,
    sram: share('sram'),
    tcam: share('tcam'),
    mapRam: share('mapRam'),
    phv: fit.phv.share ?? 0,
    latencyNs: fit.latency.nanoseconds,
  };
}

function floatFigures(replay: ReplayResult): Figures {
  if (replay.float === null) return {};
  const auc = replay.float.rocAuc;
  const gap =
    auc !== null && replay.switch.rocAuc !== null
      ? auc - replay.switch.rocAuc
      : replay.float.packets.macroF1 - replay.switch.packets.macroF1;
  return {
    floatMacroF1: replay.float.packets.macroF1,
    floatAccuracy: replay.float.packets.accuracy,
    ...(auc === null ? {} : { floatAuc: auc }),
    gapToFloat: gap,
    ...(replay.agreement === null ? {} : { agreement: replay.agreement.fraction }),
  };
}
