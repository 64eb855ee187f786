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

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TYPE } from '@formatjs/icu-messageformat-parser';

/** @typedef {string | [string, ...unknown[]]} Part */

/** Languages that have a catalogue: a folder `src/i18n/<language>` with a file for each room of the dashboard. */
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

/** Rooms whose messages come with the first page; those of each other room come with it. */
export const SHELL = ['alert', 'frame', 'queue', 'search'];

/**
 * The rooms of a language, each with its messages as written. A key that two rooms give is an error.
 * @param {string} folder where the catalogues are
 * @param {string} language
 * @returns {Record<string, Record<string, string>>}
 */
export function read(folder, language) {
  /** @type {Record<string, Record<string, string>>} */
  const rooms = {};
  const keys = new Set();
  for (const file of readdirSync(join(folder, language)).sort()) {
    const messages = JSON.parse(readFileSync(join(folder, language, file), 'utf8'));
    for (const key of Object.keys(messages)) {
      if (keys.has(key))
        throw new Error(`${language}/${file}: message ${key} stands in another file as well`);
      keys.add(key);
    }
    rooms[file.replace(/\.json$/, '')] = messages;
  }
  return rooms;
}

/**
 * Compiles messages.
 * @param {Record<string, string>} messages
 * @param {string} where for errors
 */
function compileAll(messages, where) {
  return Object.fromEntries(
    Object.entries(messages).map(([key, text]) => {
      try {
        return [key, compile(text)];
      } catch (error) {
        throw new Error(`${where}: message ${key}: ${/** @type {Error} */ (error).message}`, {
          cause: error,
        });
      }
    }),
  );
}

/**
 * Vite plugin: `import messages from 'virtual:messages/bn'` gives the shell's messages, the file of a room its own.
 * @param {string} folder where the catalogues are
 * @returns {import('vite').Plugin}
 */
export function messages(folder) {
  const prefix = 'virtual:messages/';
  return {
    name: 'prohori-messages',
    enforce: 'pre',
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : null),
    load(id) {
      const [, language, room] = /([^/]+)\/([^/]+)\.json$/.exec(id) ?? [];
      if (language && room && id === join(folder, language, `${room}.json`)) {
        return JSON.stringify(compileAll(read(folder, language)[room] ?? {}, id));
      }
      return id.startsWith(`\0${prefix}`) ? shell(this, id.slice(prefix.length + 1)) : null;
    },
  };

  /** @param {{addWatchFile: (file: string) => void}} build @param {string} language */
  function shell(build, language) {
    const rooms = read(folder, language);
    const all = Object.assign({}, ...SHELL.map((room) => rooms[room]));
    for (const room of SHELL) build.addWatchFile(join(folder, language, `${room}.json`));
    return `export default JSON.parse(${JSON.stringify(JSON.stringify(compileAll(all, language)))});`;
  }
}
