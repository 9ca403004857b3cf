/** Names of resources as compiler users know them. */

import type { Resource } from '../place/budget.ts';

export const RESOURCE_LABELS: Readonly<Record<Resource, string>> = {
  sram: 'SRAM blocks',
  mapRam: 'map RAMs',
  tcam: 'TCAM blocks',
  logicalTables: 'logical tables',
  ternaryTables: 'ternary tables',
  tindTables: 'ternary indirection tables',
  exactXbarBytes: 'exact crossbar bytes',
  ternaryXbarBytes: 'ternary crossbar bytes',
  hashBits: 'hash bits',
  hashGroups: 'hash groups',
  hashDistSlices: 'hash distribution slices',
  actionBusBytes: 'action data bus bytes',
  actionRamBuses: 'action RAM buses',
  vliw: 'VLIW instructions',
  gateways: 'gateways',
  salus: 'stateful ALUs',
  statsAlus: 'statistics ALUs',
  exactResultBuses: 'exact result buses',
  ternaryResultBuses: 'ternary result buses',
};
