// What the reader chose, kept in this browser: language, theme, digits, calendar, density, keys, pane width, saved views.

import { useSyncExternalStore } from 'react';
import type { Key } from '../i18n/keys';
import type { Chosen } from '../keys/map';

export interface SavedView {
  name: string;
  /** The query string of the queue, without the question mark. */
  query: string;
}

export interface Settings {
  language: 'en' | 'bn';
  /** Set when the language was chosen before signing in: then it wins over the account's. */
  languageChosen: boolean;
  theme: 'system' | 'light' | 'dark';
  digits: 'latin' | 'bangla';
  calendar: 'gregorian' | 'bangla';
  density: 'compact' | 'comfortable';
  /** Single-key shortcuts can be switched off (WCAG 2.1.4). */
  shortcuts: boolean;
  /** Keys that the reader put elsewhere, by what they do. */
  keys: Partial<Record<Key, Chosen>>;
  /** Width of the alert beside the queue, in percent of the room. */
  panePercent: number;
  views: SavedView[];
}

const STORAGE_KEY = 'prohori.settings';
const DEFAULTS: Settings = {
  language: 'bn',
  languageChosen: false,
  theme: 'system',
  digits: 'latin',
  calendar: 'gregorian',
  density: 'compact',
  shortcuts: true,
  keys: {},
  panePercent: 56,
  views: [],
};

const listeners = new Set<() => void>();
let current: Settings = read();

function read(): Settings {
  try {
    const stored = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}') as Partial<Settings>;
    return { ...DEFAULTS, ...firstLanguage(), ...stored };
  } catch {
    // Storage may be forbidden or hold something foreign; the defaults serve.
    return { ...DEFAULTS, ...firstLanguage() };
  }
}

/** Bangla unless the browser asks for English and not for Bangla. */
function firstLanguage(): Partial<Settings> {
  const wanted = globalThis.navigator?.languages ?? [];
  const english = wanted.some((tag) => tag.startsWith('en')) && !wanted.some((tag) => tag.startsWith('bn'));
  return english ? { language: 'en' } : {};
}

export function settings(): Settings {
  return current;
}

export function changeSettings(change: Partial<Settings>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(current));
  } catch {
    // Kept for this page only.
  }
  applyTheme();
  listeners.forEach((listener) => listener());
}

/** The theme and density are attributes of the document, which the style sheets answer to. */
export function applyTheme(): void {
  const root = document.documentElement;
  if (current.theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = current.theme;
  root.dataset.density = current.density;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSettings(): Settings {
  return useSyncExternalStore(subscribe, settings);
}
