// The words that every page may need, in one file a language, so that a reader downloads one.

import type { Message } from './message';

export type Catalogue = Record<string, Message>;

const SHELL = {
  en: () => import('virtual:messages/en'),
  bn: () => import('virtual:messages/bn'),
};

export async function shellWords(language: keyof typeof SHELL): Promise<Catalogue> {
  return (await SHELL[language]()).default;
}
