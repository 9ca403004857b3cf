/** Colours of the report can be told apart: WCAG 2.1 contrast of text and of what is drawn, in both themes. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { THEMES } from '../../src/report/html/style.ts';

type Rgb = readonly [number, number, number];

function rgb(hex: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
}

/** Relative luminance (WCAG 2.1). */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** As CSS color-mix in srgb: so much of the first. */
function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return a.map((value, i) => value * share + (b[i] ?? 0) * (1 - share)) as unknown as Rgb;
}

const Contrast = suite('contrast');

for (const [name, theme] of Object.entries(THEMES)) {
  Contrast(`${name}: text has 4.5 to 1 on the surface and on the paper`, () => {
    for (const text of ['ink', 'soft', 'accent', 'good', 'bad'] as const)
      for (const ground of ['surface', 'paper'] as const) {
        const ratio = contrast(rgb(theme[text]), rgb(theme[ground]));
        assert.ok(ratio >= 4.5, `${text} on ${ground}: ${ratio.toFixed(2)}`);
      }
  });

  Contrast(`${name}: bars, lines and points have 3 to 1 on the surface`, () => {
    const drawn = ['float', 'switch', 'gain', 'loss', 'series-c', 'series-d', 'series-e', 'series-f'] as const;
    for (const colour of drawn) {
      const ratio = contrast(rgb(theme[colour]), rgb(theme.surface));
      assert.ok(ratio >= 3, `${colour}: ${ratio.toFixed(2)}`);
    }
  });

  Contrast(`${name}: text has 4.5 to 1 on the deepest shade of a matrix`, () => {
    for (const tint of ['heat', 'gain', 'loss'] as const) {
      const ratio = contrast(rgb(theme.ink), mix(rgb(theme[tint]), rgb(theme.surface), 0.55));
      assert.ok(ratio >= 4.5, `ink on ${tint}: ${ratio.toFixed(2)}`);
    }
  });
}

Contrast.run();
