import { describe, expect, test } from 'vitest';
import { toBangla, toLatin } from './digits';
import { makeI18n, type Key } from './i18n';
import type { Message, Part } from './message';

const files = import.meta.glob<Record<string, Message>>('./*/*.json', { import: 'default', eager: true });
const catalogueOf = (language: string): Record<string, Message> =>
  Object.assign(
    {},
    ...Object.keys(files)
      .filter((file) => file.startsWith(`./${language}/`))
      .map((file) => files[file]),
  );
const english = catalogueOf('en');
const bangla = catalogueOf('bn');

const LATIN = { digits: 'latin', calendar: 'gregorian' } as const;
const en = makeI18n('en', LATIN, english);
const bn = makeI18n('bn', LATIN, bangla);
const bnDigits = makeI18n('bn', { ...LATIN, digits: 'bangla' }, bangla);

describe('digits', () => {
  test.each([
    ['0123456789', '০১২৩৪৫৬৭৮৯'],
    ['12,04,331', '১২,০৪,৩৩১'],
    ['×3 & ½', '×৩ & ½'],
    ['', ''],
  ])('%j is %j', (latin, inBangla) => {
    expect(toBangla(latin)).toBe(inBangla);
    expect(toLatin(inBangla)).toBe(latin);
  });

  test('other digits and letters stay', () => {
    expect(toLatin('٣ ३ ব ৳')).toBe('٣ ३ ব ৳');
  });
});

describe('times', () => {
  /** 2026-11-22 12:00:00.007 in Dhaka. */
  const noon = Date.UTC(2026, 10, 22, 6, 0, 0, 7);
  const hour = 3_600_000;
  const english22 = makeI18n('en', { digits: 'latin', calendar: 'bangla' }, english);
  const bangla22 = makeI18n('bn', { digits: 'bangla', calendar: 'bangla' }, bangla);

  test.each([
    [en, '2026-11-22', '11-22', '2026-11-22 12:00:00.007 +06:00'],
    [bnDigits, '২০২৬-১১-২২', '১১-২২', '২০২৬-১১-২২ ১২:০০:০০.০০৭ +০৬:০০'],
    [english22, '7 Ogrohayon 1433', '7 Ogrohayon', '7 Ogrohayon 1433 (2026-11-22) 12:00:00.007 +06:00'],
    [bangla22, '৭ অগ্রহায়ণ ১৪৩৩', '৭ অগ্রহায়ণ', '৭ অগ্রহায়ণ ১৪৩৩ (২০২৬-১১-২২) ১২:০০:০০.০০৭ +০৬:০০'],
  ])("%# in the reader's digits and calendar", (i18n, day, shortDay, exact) => {
    expect(i18n.day(noon)).toBe(day);
    expect(i18n.shortDay(noon)).toBe(shortDay);
    expect(i18n.exact(noon)).toBe(exact);
  });

  test('the date is left out on its own day', () => {
    expect(en.when(noon, noon + hour)).toBe('12:00:00');
    expect(en.when(noon, noon + 13 * hour)).toBe('2026-11-22 12:00:00');
    expect(english22.when(noon, noon + 13 * hour)).toBe('7 Ogrohayon 1433 12:00:00');
  });
});

describe('numbers', () => {
  test.each([
    [en, '1,204,331'],
    [bn, '12,04,331'],
    [bnDigits, '১২,০৪,৩৩১'],
  ])('are grouped as the language does', (i18n, expected) => {
    expect(i18n.number(1_204_331)).toBe(expected);
  });

  test('decimals are cut at what is asked for', () => {
    expect(en.number(0.4123, 1)).toBe('0.4');
    expect(en.number(12.7)).toBe('13');
  });
});

describe('messages', () => {
  test.each<[Key, Record<string, number | string>, string, string]>([
    ['ago.minutes', { count: 1 }, '1 minute ago', '1 মিনিট আগে'],
    ['ago.minutes', { count: 4 }, '4 minutes ago', '4 মিনিট আগে'],
    ['ago.seconds', { count: 0 }, 'just now', 'এইমাত্র'],
    ['changes.acknowledged', { count: 1 }, 'Acknowledged', 'গ্রহণ করা হয়েছে'],
    ['changes.acknowledged', { count: 1200 }, '1,200 alerts acknowledged', '1,200টি সতর্কতা গ্রহণ করা হয়েছে'],
    [
      'conflict.stands',
      { state: 'Acknowledged', verdict: 'none', by: 'rahim', ago: 'just now' },
      'Acknowledged, by rahim, just now.',
      'Acknowledged, করেছেন rahim, just now।',
    ],
  ])('%s %j', (key, values, inEnglish, inBangla) => {
    expect(en.t(key, values)).toBe(inEnglish);
    expect(bn.t(key, values).normalize('NFC')).toBe(inBangla.normalize('NFC'));
  });

  test('digits in a message follow the setting, digits in an argument do not', () => {
    expect(bnDigits.t('changes.acknowledged', { count: 12 })).toContain('১২');
    expect(bnDigits.t('changes.assigned', { count: 1, name: 'user7' })).toContain('user7');
  });

  test('tags become what the component makes of them', () => {
    const values = {
      received: 3,
      stored: 2,
      dead: 1,
      expired: 0,
      flight: 0,
      b: (words: unknown[]) => `[${words.join('')}]`,
    };
    expect(en.rich('ledger.sum', values).join('')).toBe('received [3] = stored [2] + dead letters [1]');
    expect(en.rich('ledger.sum', { ...values, expired: 0, flight: 5 }).join('')).toContain(
      '+ on the way [5]',
    );
  });

  test('every message can be said in both languages with any count', () => {
    for (const [catalogue, i18n] of [
      [english, en],
      [bangla, bn],
    ] as const) {
      for (const [key, message] of Object.entries(catalogue)) {
        for (const count of [0, 1, 2, 11]) {
          const said = i18n.t(key as Key, Object.fromEntries(names(message).map((name) => [name, count])));
          expect(said, key).not.toMatch(/undefined|NaN|#|\[object/);
          if (key !== 'ledger.sum') expect(said.trim(), key).not.toBe('');
        }
      }
    }
  });
});

function names(message: readonly Part[]): string[] {
  return message.flatMap((part) => {
    if (typeof part === 'string' || part[0] === '#') return [];
    if (part[0] === 't') return names(part[2]);
    const inner = part[0] === 'p' || part[0] === 's' ? Object.values(part[2]).flatMap(names) : [];
    return [part[1], ...inner];
  });
}
