import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** WCAG 2.2: 4.5 for text (1.4.3), 3 for what shows a control or its state (1.4.11). */
const TEXT_MIN = 4.5;
const SIGN_MIN = 3;

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');
const tokens = Object.fromEntries(
  [...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name!, { light: light!, dark: dark! }],
  ),
);

const SURFACES = ['page', 'surface', 'raised', 'sunken', 'hover', 'active'];
const TEXTS = [
  'text',
  'text-quiet',
  'text-faint',
  'accent',
  'accent-strong',
  'danger',
  'critical',
  'high',
  'medium',
  'low',
  'informational',
];

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
}

describe.each(['light', 'dark'] as const)('%s theme', (theme) => {
  const colour = (name: string) => tokens[name]![theme];

  test.each(SURFACES.flatMap((surface) => TEXTS.map((text) => [text, surface])))(
    '%s on %s',
    (text, surface) => {
      expect(contrast(colour(text!), colour(surface!))).toBeGreaterThanOrEqual(TEXT_MIN);
    },
  );

  test.each([
    ['on-accent', 'accent'],
    ['on-accent', 'accent-strong'],
    ['text', 'mark'],
    ['text', 'danger-fill'],
    ['danger', 'danger-fill'],
    ['text', 'warn-fill'],
    ['text-quiet', 'warn-fill'],
    ['text-faint', 'warn-fill'],
    ['text-quiet', 'danger-fill'],
  ])('%s on %s', (text, surface) => {
    expect(contrast(colour(text), colour(surface))).toBeGreaterThanOrEqual(TEXT_MIN);
  });

  test.each(['surface', 'raised', 'page', 'hover', 'active'])('borders of controls on %s', (surface) => {
    expect(contrast(colour('line-strong'), colour(surface))).toBeGreaterThanOrEqual(SIGN_MIN);
  });
});

test('the measure itself', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});
