import { expect, test } from 'vitest';
import { told } from './detail';

test.each([
  ['{}', []],
  ['{"rows":0}', [['rows', 0]]],
  [
    '{"asked":{"action":null,"from":5},"rows":41}',
    [
      ['asked.from', 5],
      ['rows', 41],
    ],
  ],
  [
    '{"agencies":["mof"],"roles":[],"q":"","deleted":false}',
    [
      ['agencies', ['mof']],
      ['deleted', false],
    ],
  ],
  ['[1]', null],
  ['half {', null],
])('%s', (detail, parts) => {
  expect(told(detail)).toEqual(parts);
});
