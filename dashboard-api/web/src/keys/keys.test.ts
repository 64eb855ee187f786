import { describe, expect, test } from 'vitest';
import {
  ALERT_KEYS,
  EVENT_KEYS,
  GLOBAL_KEYS,
  presses,
  QUEUE_KEYS,
  SEARCH_KEYS,
  type Binding,
  type Pressed,
} from './map';

const press = (code: string, held: Partial<Pressed> = {}): Pressed => ({
  code,
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...held,
});

describe('presses', () => {
  test.each<[string, Pressed, Binding, boolean, boolean]>([
    ['by position, whatever the layout writes', press('KeyJ'), QUEUE_KEYS.next, true, true],
    ['another key', press('KeyK'), QUEUE_KEYS.next, true, false],
    ['the browser keeps its own', press('KeyR', { ctrlKey: true }), QUEUE_KEYS.refresh, true, false],
    ['and the system its own', press('KeyA', { metaKey: true }), ALERT_KEYS.assignMe, true, false],
    ['shift is another key', press('KeyX', { shiftKey: true }), QUEUE_KEYS.select, true, false],
    ['with shift', press('KeyX', { shiftKey: true }), QUEUE_KEYS.selectRange, true, true],
    ['question mark', press('Slash', { shiftKey: true }), GLOBAL_KEYS.help, true, true],
    ['slash alone', press('Slash'), GLOBAL_KEYS.help, true, false],
    ['digits of the number block', press('Numpad2'), ALERT_KEYS.falsePositive, true, true],
    ['Enter of the number block', press('NumpadEnter'), QUEUE_KEYS.open, true, true],
    ['switched off', press('KeyJ'), QUEUE_KEYS.next, false, false],
    ['Escape stays on', press('Escape'), QUEUE_KEYS.back, false, true],
  ])('%s', (_, event, binding, shortcuts, expected) => {
    expect(presses(event, binding, shortcuts)).toBe(expected);
  });
});

test.each([
  ['queue and alert', { ...QUEUE_KEYS, ...ALERT_KEYS, ...GLOBAL_KEYS }],
  ['search', { ...SEARCH_KEYS, ...GLOBAL_KEYS }],
  ['event', EVENT_KEYS],
])('no key of %s does two things', (_, keys) => {
  const taken = Object.values<Binding>(keys).map(({ code, shift }) => `${shift ? 'Shift ' : ''}${code}`);
  expect(new Set(taken).size).toBe(taken.length);
});
