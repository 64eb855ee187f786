// Fails the build when a string has no translation, a translation has no string, or a string stands outside the catalogues.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseSync, Visitor } from 'vite';
import { compile, LANGUAGES, read, SHELL } from './messages.mjs';

const ROOT = new URL('..', import.meta.url).pathname;
const SOURCE = join(ROOT, 'src');
/** Attributes whose value a person reads or hears. */
const SPOKEN = new Set([
  'alt',
  'aria-label',
  'aria-description',
  'label',
  'placeholder',
  'title',
  'description',
]);
/** Functions of src/i18n whose first argument is a key. */
const TRANSLATORS = new Set(['t', 'rich']);
const LETTERS = /\p{L}{2,}/u;
const BANGLA = /\p{Script=Bengali}/u;
const BANGLA_DIGITS = /[০-৯]/;

/** @type {string[]} */
const faults = [];
const fault = (/** @type {string} */ where, /** @type {string} */ what) => faults.push(`${where}: ${what}`);

const rooms = Object.fromEntries(
  LANGUAGES.map((language) => [language, read(join(SOURCE, 'i18n'), language)]),
);
const catalogues = Object.fromEntries(
  Object.entries(rooms).map(([language, each]) => [language, Object.assign({}, ...Object.values(each))]),
);
/** The room of each key whose words come with the room. */
const roomOf = new Map(
  Object.entries(rooms.en ?? {})
    .filter(([room]) => !SHELL.includes(room))
    .flatMap(([room, messages]) => Object.keys(messages).map((key) => [key, room])),
);
const english = /** @type {Record<string, string>} */ (catalogues.en);
checkCatalogues();
checkGlossary();
checkSources();

if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n${faults.length} faults in the messages\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(
    `${Object.keys(english).length} messages in ${LANGUAGES.length} languages, none missing\n`,
  );
}

/** The arguments and tags of a compiled message, as "kind name". */
function holes(/** @type {unknown} */ part, /** @type {Set<string>} */ found = new Set()) {
  if (!Array.isArray(part)) return found;
  const [kind, name, inner] = part;
  if (typeof kind === 'string' && kind.length === 1 && typeof name === 'string') {
    found.add(`${kind} ${name}`);
    if (Array.isArray(inner)) inner.forEach((each) => holes(each, found));
    else if (inner)
      Object.values(inner).forEach((option) =>
        option.forEach((/** @type {unknown} */ each) => holes(each, found)),
      );
  } else part.forEach((each) => holes(each, found));
  return found;
}

function checkCatalogues() {
  for (const [language, messages] of Object.entries(catalogues)) {
    for (const [key, text] of Object.entries(messages)) {
      const where = `src/i18n/${language} ${key}`;
      if (!(key in english)) fault(where, 'not in English');
      if (text.trim() === '') fault(where, 'empty');
      if (text !== text.normalize('NFC')) fault(where, 'not in Unicode form NFC');
      if (BANGLA_DIGITS.test(text)) fault(where, 'digits follow the reader’s setting: write {n, number}');
      try {
        const expected = [...holes(compile(english[key] ?? text))].sort().join(', ');
        const actual = [...holes(compile(text))].sort().join(', ');
        if (expected !== actual) fault(where, `takes (${actual}) but English takes (${expected})`);
      } catch (error) {
        fault(where, /** @type {Error} */ (error).message);
      }
    }
    for (const key of Object.keys(english))
      if (!(key in messages)) fault(`src/i18n/${language}`, `lacks ${key}`);
  }
}

/** One word for one thing: where the English has the term, the Bangla has ours and none of the rejected ones. */
function checkGlossary() {
  /** @type {{en: string, bn: string, not?: string[], note?: string}[]} */
  const glossary = JSON.parse(readFileSync(join(SOURCE, 'i18n', 'glossary.json'), 'utf8'));
  const bangla = /** @type {Record<string, string>} */ (catalogues.bn);
  for (const { en, bn, not = [] } of glossary) {
    const term = new RegExp(`\\b${en}\\b`, 'i');
    for (const [key, text] of Object.entries(bangla)) {
      // Names of arguments are not words of the message.
      const words = (english[key] ?? '').replace(/\{\w+/g, '');
      if (term.test(words) && !text.includes(bn.normalize('NFC'))) {
        fault(`src/i18n/bn ${key}`, `the glossary has "${bn}" for "${en}"`);
      }
      for (const word of not) {
        // From the beginning of a word only: Bangla endings may follow.
        if (new RegExp(`(?<![\\p{L}\\p{M}])${word.normalize('NFC')}`, 'u').test(text))
          fault(`src/i18n/bn ${key}`, `the glossary rejects "${word}" (${en}: ${bn})`);
      }
    }
  }
}

function checkSources() {
  /** @type {Set<string>} */
  const used = new Set();
  for (const entry of readdirSync(SOURCE, { recursive: true, withFileTypes: true })) {
    if (!/\.tsx?$/.test(entry.name) || entry.name.endsWith('.test.ts')) continue;
    checkSource(join(entry.parentPath, entry.name), used);
  }
  for (const key of Object.keys(english)) {
    if (![...used].some((each) => (each.endsWith('*') ? key.startsWith(each.slice(0, -1)) : each === key))) {
      fault('src/i18n/en', `${key} is not used`);
    }
  }
}

/** @param {string} file @param {Set<string>} used */
function checkSource(file, used) {
  const text = readFileSync(file, 'utf8');
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) return fault(relative(ROOT, file), errors[0]?.message ?? 'cannot be parsed');
  const at = (/** @type {{start: number}} */ node) =>
    `${relative(ROOT, file)}:${text.slice(0, node.start).split('\n').length}`;
  new Visitor({
    JSXText(node) {
      if (LETTERS.test(node.value)) fault(at(node), `"${node.value.trim()}" stands outside the catalogues`);
    },
    JSXAttribute(node) {
      const name = node.name.type === 'JSXIdentifier' ? node.name.name : '';
      if (name === 'k' && node.value?.type === 'Literal') checkKey(String(node.value.value), at(node), used);
      else if (SPOKEN.has(name) && node.value?.type === 'Literal' && LETTERS.test(String(node.value.value))) {
        fault(at(node), `${name} stands outside the catalogues`);
      }
    },
    Literal(node) {
      if (typeof node.value !== 'string') return undefined;
      if (BANGLA.test(node.value) && !/digits|glossary/.test(file))
        fault(at(node), 'Bangla text stands outside the catalogues');
      // Keys are also kept in tables (`label: 'keys.open'`), where the type system checks them.
      if (node.value in english) {
        used.add(node.value);
        const room = roomOf.get(node.value);
        if (room && !relative(SOURCE, file).startsWith(`${room}/`))
          fault(at(node), `${node.value} is said outside src/${room}, where its words may not be loaded`);
      }
      return undefined;
    },
    TemplateLiteral(node) {
      const prefix = node.quasis[0]?.value.cooked ?? '';
      if (/^[a-zA-Z]+\.$|^[a-zA-Z]+\.[a-zA-Z.]+\.$/.test(prefix)) used.add(`${prefix}*`);
    },
    CallExpression(node) {
      const name = node.callee.type === 'Identifier' ? node.callee.name : '';
      if (!TRANSLATORS.has(name)) return undefined;
      const [key, values] = node.arguments;
      if (key?.type !== 'Literal') return undefined;
      checkKey(String(key.value), at(node), used);
      return checkArguments(String(key.value), values, at(node));
    },
  }).visit(program);
  return undefined;
}

/** @param {string} key @param {string} where @param {Set<string>} used */
function checkKey(key, where, used) {
  used.add(key);
  if (!(key in english)) fault(where, `no message ${key}`);
}

/** @param {string} key @param {any} values @param {string} where */
function checkArguments(key, values, where) {
  if (!(key in english) || (values && values.type !== 'ObjectExpression')) return;
  const properties = values?.properties ?? [];
  if (properties.some((/** @type {any} */ each) => each.type === 'SpreadElement')) return;
  const given = new Set(properties.map((/** @type {any} */ each) => each.key.name ?? each.key.value));
  for (const hole of holes(compile(english[key] ?? ''))) {
    const name = hole.slice(2);
    if (!given.has(name)) fault(where, `message ${key} needs ${name}`);
  }
}
