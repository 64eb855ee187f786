import { describe, expect, test } from 'vitest';
import {
  ALERT_KEYS,
  EVENT_KEYS,
  GLOBAL_KEYS,
  presses,
  QUEUE_KEYS,
  SEARCH_KEYS,
  chosen,
  written,
  type Binding,
  type Pressed,
} from './map';
import { SHEETS, taken } from './sheets';

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
    ['with Ctrl', press('KeyK', { ctrlKey: true }), GLOBAL_KEYS.palette, false, true],
    ['with Command', press('KeyK', { metaKey: true }), GLOBAL_KEYS.palette, true, true],
    ['Ctrl’s own key alone', press('KeyK'), GLOBAL_KEYS.palette, true, false],
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
  const taken = Object.values<Binding>(keys).map(written);
  expect(new Set(taken).size).toBe(taken.length);
});

test.each([
  [QUEUE_KEYS.next, 'j'],
  [QUEUE_KEYS.selectRange, 'Shift x'],
  [QUEUE_KEYS.back, 'Esc'],
  [QUEUE_KEYS.open, 'Enter'],
  [ALERT_KEYS.truePositive, '1'],
  [GLOBAL_KEYS.help, '?'],
  [GLOBAL_KEYS.palette, 'Ctrl K'],
])('%j is written %s', (binding, expected) => {
  expect(written(binding)).toBe(expected);
});

describe('a key of the reader’s own', () => {
  const own = { 'keys.next': { code: 'KeyZ' }, 'keys.open': { code: 'KeyZ' } };

  test('takes the place of the table’s', () => {
    expect(chosen(QUEUE_KEYS.next, own).code).toBe('KeyZ');
    expect(chosen(QUEUE_KEYS.previous, own)).toBe(QUEUE_KEYS.previous);
  });

  test('does not move Enter', () => {
    expect(chosen(QUEUE_KEYS.open, own)).toBe(QUEUE_KEYS.open);
  });

  test('is refused when another binding of the page has it', () => {
    const sheets = [SHEETS.queue, SHEETS.alert, SHEETS.everywhere];
    const keyOf = (each: Binding) => chosen(each, own);
    expect(taken(sheets, ALERT_KEYS.raw, { code: 'KeyZ' }, keyOf)).toBe(QUEUE_KEYS.next);
    expect(taken(sheets, ALERT_KEYS.raw, { code: 'KeyJ' }, keyOf)).toBeNull();
    expect(taken(sheets, ALERT_KEYS.raw, { code: 'KeyX', shift: true }, keyOf)).toBe(QUEUE_KEYS.selectRange);
    expect(taken(sheets, QUEUE_KEYS.next, { code: 'KeyZ' }, keyOf)).toBeNull();
  });
});
