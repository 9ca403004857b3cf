/** Drives the real binary (dist/cli/main.js) as a user would; build first. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A new empty folder for one test. */
export function workFolder(): string {
  return mkdtempSync(join(tmpdir(), 'pegasim-cli-'));
}

/** Run `pegasim …args`; `interruptAfter` sends Ctrl-C (SIGINT) after so many ms. */
export function pegasim(
  args: readonly string[],
  options: { cwd?: string; interruptAfter?: number } = {},
): Promise<CliResult> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: options.cwd ?? workFolder(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const timer =
      options.interruptAfter === undefined ? undefined : setTimeout(() => child.kill('SIGINT'), options.interruptAfter);
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr });
    });
  });
}
