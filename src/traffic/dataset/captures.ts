/** Finding captures in folders. Order is by path, code unit by code unit: the same on every machine. */
import { readdirSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { fail } from '../../problem.ts';
import { failOnFile } from '../capture/source.ts';

/** A capture file and how label files may name it. */
export interface CaptureFile {
  readonly path: string;
  /** Relative to the folder it was found in, with forward slashes. */
  readonly name: string;
}

const EXTENSION = /\.(pcap|pcapng|cap|dmp|ntar|npcap|pcap\d+)(\.gz)?$/i;

/** True for names that captures have. */
export function isCaptureName(name: string): boolean {
  return EXTENSION.test(name);
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    failOnFile(error, folder);
  }
}

/** @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-UNREADABLE */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    failOnFile(error, path);
  }
}

function walk(root: string, folder: string, found: CaptureFile[]): void {
  for (const entry of entries(folder)) {
    if (entry.startsWith('.')) continue;
    const path = join(folder, entry);
    if (isFolder(path)) walk(root, path, found);
    else if (isCaptureName(entry)) found.push({ path, name: relative(root, path).split(sep).join('/') });
  }
}

/** All captures under a folder. */
export function capturesUnder(folder: string): CaptureFile[] {
  const found: CaptureFile[] = [];
  walk(folder, folder, found);
  return found;
}

/**
 * The captures that paths name: files as they are (whatever their extension), folders searched.
 * @throws ProblemError TRAFFIC-NOT-FOUND, TRAFFIC-UNREADABLE, TRAFFIC-NO-CAPTURES
 */
export function listCaptures(paths: readonly string[]): CaptureFile[] {
  const found = paths.flatMap((path) => (isFolder(path) ? capturesUnder(path) : [{ path, name: basename(path) }]));
  if (found.length === 0) {
    fail({
      code: 'TRAFFIC-NO-CAPTURES',
      message: 'no captures (.pcap, .pcapng, .cap, also .gz) here',
      where: paths.join(', '),
    });
  }
  return found;
}

/** Sub-folders that hold captures at any depth, and captures lying directly in the folder. */
export function classFolders(folder: string): {
  classes: Map<string, CaptureFile[]>;
  empty: string[];
  loose: CaptureFile[];
} {
  const classes = new Map<string, CaptureFile[]>();
  const empty: string[] = [];
  const loose: CaptureFile[] = [];
  for (const entry of entries(folder)) {
    if (entry.startsWith('.')) continue;
    const path = join(folder, entry);
    if (isFolder(path)) {
      const found = capturesUnder(path).map((file) => ({ path: file.path, name: `${entry}/${file.name}` }));
      if (found.length > 0) classes.set(entry, found);
      else empty.push(entry);
    } else if (isCaptureName(entry)) loose.push({ path, name: entry });
  }
  return { classes, empty, loose };
}
