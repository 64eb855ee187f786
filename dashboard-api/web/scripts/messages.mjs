// Turns the ICU messages of a catalogue into small arrays at build time, so that no parser reaches the browser.
//
// A compiled message is a list of parts:
//   "text"                                literal text
//   ["a", name]                           argument as it is
//   ["n", name]                           argument as a number
//   ["#"]                                 the number of the enclosing plural
//   ["p", name, {one: [...], other: []}]  plural (cardinal)
//   ["s", name, {case: [...], other: []}] select
//   ["t", name, [...]]                    tag, given meaning by the component
// `src/i18n/message.ts` evaluates it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TYPE } from '@formatjs/icu-messageformat-parser';

/** @typedef {string | [string, ...unknown[]]} Part */

/** Languages that have a catalogue; each is a file `src/i18n/<language>.json`. */
export const LANGUAGES = ['en', 'bn'];

/**
 * Compiles one ICU message.
 * @param {string} text
 * @returns {Part[]}
 */
export function compile(text) {
  return parts(parse(text, { requiresOtherClause: true }));
}

/**
 * @param {import('@formatjs/icu-messageformat-parser').MessageFormatElement[]} elements
 * @returns {Part[]}
 */
function parts(elements) {
  return elements.map((element) => {
    switch (element.type) {
      case TYPE.literal:
        return element.value;
      case TYPE.argument:
        return ['a', element.value];
      case TYPE.number:
        return ['n', element.value];
      case TYPE.pound:
        return ['#'];
      case TYPE.plural:
        return ['p', element.value, options(element.options)];
      case TYPE.select:
        return ['s', element.value, options(element.options)];
      case TYPE.tag:
        return ['t', element.value, parts(element.children)];
      default:
        // Dates and times go through src/time, which knows the time zone and the digits.
        throw new Error('dates and times are formatted by src/time, not in messages');
    }
  });
}

/** @param {Record<string, {value: import('@formatjs/icu-messageformat-parser').MessageFormatElement[]}>} cases */
function options(cases) {
  return Object.fromEntries(Object.entries(cases).map(([name, { value }]) => [name, parts(value)]));
}

/**
 * Compiles every message of one language.
 * @param {string} folder
 * @param {string} language
 */
export function catalogue(folder, language) {
  const file = join(folder, `${language}.json`);
  /** @type {Record<string, string>} */
  const raw = JSON.parse(readFileSync(file, 'utf8'));
  return Object.fromEntries(
    Object.entries(raw).map(([key, text]) => {
      try {
        return [key, compile(text)];
      } catch (error) {
        throw new Error(`${file}: message ${key}: ${/** @type {Error} */ (error).message}`, { cause: error });
      }
    }),
  );
}

/**
 * Vite plugin: `import messages from 'virtual:messages/bn'`.
 * @param {string} folder where the catalogues are
 * @returns {import('vite').Plugin}
 */
export function messages(folder) {
  const prefix = 'virtual:messages/';
  return {
    name: 'prohori-messages',
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${prefix}`)) return null;
      const language = id.slice(prefix.length + 1);
      this.addWatchFile(join(folder, `${language}.json`));
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(catalogue(folder, language)))});`;
    },
  };
}
