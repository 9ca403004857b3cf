import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { featureNamed, featureSets, features } from '../../src/features/index.ts';

const Catalogue = suite('features/catalogue');

Catalogue('every feature stands in docs/features.md with its width', () => {
  const page = readFileSync('docs/features.md', 'utf8');
  for (const { name } of features) assert.ok(page.includes(`\`${name}\``), name);
});

Catalogue('names are unique, every definition says what it is on both sides', () => {
  assert.is(new Set(features.map(({ name }) => name)).size, features.length);
  for (const feature of [...features, featureNamed('l4.byte[7]')])
    for (const text of [feature.doc, feature.idealDoc, feature.switchDoc]) assert.ok(text.length > 10, feature.name);
});

Catalogue('the six models read 10, 2, 2, 2, 60 and 2 features', () => {
  assert.equal(
    Object.values(featureSets).map((names) => names.length),
    [10, 2, 2, 2, 60, 2],
  );
});

Catalogue.run();
