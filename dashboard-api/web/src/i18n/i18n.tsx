// The language of the page: catalogues, numbers, and the hook that every component speaks through.

import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { I18nProvider as AriaProvider } from 'react-aria-components/I18nProvider';
import { settings, useSettings, type Settings } from '../settings/settings';
import { banglaDate } from '../time/bangla';
import { clock, exactTime } from '../time/zone';
import { toBangla, type Digits } from './digits';
import type { Key, Room } from './keys';
import { shellWords, type Catalogue } from './words';
import { nodes, text, type Message, type RichValues, type Values, type Voice } from './message';

export type Language = 'en' | 'bn';
export type { Key };

/** The words of every other room, which come with its page. The build makes these files as small as the others. */
const ROOMS = import.meta.glob<Catalogue>(
  ['./*/*.json', '!./*/alert.json', '!./*/frame.json', '!./*/queue.json', '!./*/search.json'],
  { import: 'default' },
);

/** What has been loaded of each language, and the rooms that a change of language must load too. */
const known: Record<Language, Catalogue> = { en: {}, bn: {} };
const entered = new Set<Room>();

/** Latin digits and a 24-hour clock in both; `toBangla` writes Bangla digits where they are asked for. */
const LOCALE: Record<Language, string> = { en: 'en-GB', bn: 'bn-BD-u-nu-latn-hc-h23' };

export interface I18n {
  language: Language;
  digits: Digits;
  /** A message as text. */
  t: (key: Key, values?: Values) => string;
  /** A message with components in it. */
  rich: (key: Key, values: RichValues) => ReactNode[];
  /** A number with its grouping, in the reader's digits. */
  number: (value: number, decimals?: number) => string;
  /** Text whose digits follow the setting: times and counts, never addresses or ids. */
  localDigits: (text: string) => string;
  /** The day, in the reader's calendar: 2026-11-22, or 7 Ogrohayon 1433. */
  day: (ms: number) => string;
  /** Without the year, where there is no room. */
  shortDay: (ms: number) => string;
  /** The time alone for the same day, the date and time for any other. */
  when: (ms: number, now: number) => string;
  /** 2026-11-22 04:05:06.789 +06:00; in another calendar both dates, so that it can be found in a log. */
  exact: (ms: number) => string;
}

const Context = createContext<I18n | null>(null);

export function makeI18n(
  language: Language,
  { digits, calendar }: Pick<Settings, 'digits' | 'calendar'>,
  catalogue: Catalogue,
): I18n {
  const localDigits = language === 'bn' && digits === 'bangla' ? toBangla : (plain: string) => plain;
  const formats = [0, 1, 2].map(
    (decimals) => new Intl.NumberFormat(LOCALE[language], { maximumFractionDigits: decimals }),
  );
  const number = (value: number, decimals = 0) =>
    localDigits((formats[decimals] ?? formats[0]!).format(value));
  const voice: Voice = { plural: new Intl.PluralRules(LOCALE[language]), number };
  const message = (key: Key): Message => catalogue[key] ?? [key];
  const t: I18n['t'] = (key, values = {}) => text(message(key), values, voice);
  const bangla = (date: string) => {
    const { day, month, year } = banglaDate(date);
    return { short: `${day} ${t(`calendar.${month}` as Key)}`, year };
  };
  const dayOf = (date: string) => {
    if (calendar === 'gregorian') return date;
    const { short, year } = bangla(date);
    return `${short} ${year}`;
  };
  return {
    language,
    digits,
    localDigits,
    number,
    t,
    day: (ms) => localDigits(dayOf(clock(ms).date)),
    shortDay: (ms) => {
      const { date } = clock(ms);
      return localDigits(calendar === 'gregorian' ? date.slice(5) : bangla(date).short);
    },
    when: (ms, now) => {
      const { date, time } = clock(ms);
      return localDigits(date === clock(now).date ? time : `${dayOf(date)} ${time}`);
    },
    exact: (ms) => {
      const { date } = clock(ms);
      const both = calendar === 'gregorian' ? date : `${dayOf(date)} (${date})`;
      return localDigits(`${both} ${exactTime(ms)}`);
    },
    rich: (key, values) => nodes(message(key), values, voice),
  };
}

/** Keeps the page in the chosen language; shows the old one until the new catalogue is there. */
export function I18nProvider({ first, children }: { first: Loaded; children: ReactNode }) {
  const { language, digits, calendar } = useSettings();
  const [loaded, setLoaded] = useState(first);
  useEffect(() => {
    let current = true;
    if (language !== loaded.language)
      void loadCatalogue(language).then((next) => {
        if (!current) return;
        speak(next.language);
        setLoaded(next);
      });
    return () => {
      current = false;
    };
  }, [language, loaded.language]);
  const i18n = useMemo(
    () => makeI18n(loaded.language, { digits, calendar }, loaded.catalogue),
    [loaded, digits, calendar],
  );
  return (
    <Context value={i18n}>
      <AriaProvider locale={LOCALE[loaded.language]}>{children}</AriaProvider>
    </Context>
  );
}

export interface Loaded {
  language: Language;
  catalogue: Catalogue;
}

/** The words of a language: the shell's and those of every room entered so far. */
export async function loadCatalogue(language: Language): Promise<Loaded> {
  const parts = [shellWords(language), ...[...entered].map((room) => loadRoom(language, room))];
  Object.assign(known[language], ...(await Promise.all(parts)));
  return { language, catalogue: known[language] };
}

async function loadRoom(language: Language, room: Room): Promise<Catalogue> {
  const load = ROOMS[`./${language}/${room}.json`];
  if (!load) throw new Error(`no words of ${room} in ${language}`);
  return load();
}

/** Loads a part of a room together with its words, in the language shown and in the one asked for. */
export async function withWords<T>(room: Room, part: () => Promise<T>): Promise<T> {
  entered.add(room);
  const languages = new Set([settings().language, document.documentElement.lang]);
  const words = (['en', 'bn'] as const)
    .filter((language) => languages.has(language))
    .map(async (language) => Object.assign(known[language], await loadRoom(language, room)));
  const [loaded] = await Promise.all([part(), ...words]);
  return loaded;
}

/** Type and row heights follow the document's language, so it is set before anything is drawn in it. */
export function speak(language: Language): void {
  document.documentElement.lang = language;
}

export function useI18n(): I18n {
  const i18n = useContext(Context);
  if (!i18n) throw new Error('useI18n outside I18nProvider');
  return i18n;
}
