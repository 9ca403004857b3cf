/** JUnit XML for CI systems. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { junitXml } from '../../src/report/index.ts';
import { HOSTILE, sampleResult } from './sample.ts';

const Junit = suite('JUnit XML');
const folder = mkdtempSync(join(tmpdir(), 'pegasim-junit-'));

Junit('is well formed and counts 1 failure of 2', () => {
  const xml = junitXml([{ result: sampleResult(`a\u0001 & ${HOSTILE}`) }]);
  assert.match(xml, /tests="2" failures="1"/);
  assert.match(xml, /a\\x01 &amp; &lt;script&gt;/);
  const path = join(folder, 'junit.xml');
  writeFileSync(path, xml);
  if (existsSync('/usr/bin/xmllint')) execFileSync('xmllint', ['--noout', path]);
  else console.log('SKIP no xmllint here');
});

Junit.after(() => rmSync(folder, { recursive: true, force: true }));
Junit.run();
