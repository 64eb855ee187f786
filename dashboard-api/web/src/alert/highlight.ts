// Finds, in a text, what is to be shown as the evidence.

export interface Piece {
  text: string;
  isValue: boolean;
}

/** A value shorter than this is found everywhere and shows nothing. */
const VALUE_CHARS_MIN = 3;
/** Beyond this a log is shown without marks rather than late. */
const TEXT_CHARS_MAX = 200_000;
const VALUES_MAX = 64;

/** Cuts a text at each whole occurrence of a value, longest first, in the case it is written. */
export function splitByValues(text: string, values: readonly string[]): Piece[] {
  return split(text, values, (any) => new RegExp(`(?<![\\p{L}\\p{N}_])(${any})(?![\\p{L}\\p{N}_])`, 'gu'));
}

/** Cuts a text wherever a searched term is in it, as the search finds it: within words, in any case. */
export function splitByTerms(text: string, terms: readonly string[]): Piece[] {
  return split(text, terms, (any) => new RegExp(`(${any})`, 'giu'));
}

function split(text: string, values: readonly string[], expression: (any: string) => RegExp): Piece[] {
  const wanted = [...new Set(values)]
    .filter((value) => value.length >= VALUE_CHARS_MIN || value === text)
    .sort((a, b) => b.length - a.length)
    .slice(0, VALUES_MAX);
  if (wanted.length === 0 || text.length > TEXT_CHARS_MAX) return [{ text, isValue: false }];
  const any = expression(wanted.map(escape).join('|'));
  return pieces(
    text,
    [...text.matchAll(any)].map((match) => [match.index, match.index + match[0].length]),
  );
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, (sign) => `\\${sign}`);
}

function pieces(text: string, spans: [number, number][]): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const [start, end] of spans) {
    if (start > at) found.push({ text: text.slice(at, start), isValue: false });
    found.push({ text: text.slice(start, end), isValue: true });
    at = end;
  }
  if (at < text.length) found.push({ text: text.slice(at), isValue: false });
  return found;
}

/** Cuts the value of a field at the part that met the rule's pattern; the whole value when that cannot be told. */
export function matchedPart(value: string, modifier: string | null, pattern: string): Piece[] {
  const whole: Piece[] = [{ text: value, isValue: true }];
  if (value.length > TEXT_CHARS_MAX) return whole;
  const modifiers = (modifier ?? '').split('|');
  if (modifiers.includes('re')) return bySearch(value, pattern, modifiers) ?? whole;
  const folded = value.toLowerCase();
  const plain = pattern.toLowerCase();
  if (!/[*?]/.test(plain)) {
    const at = modifiers.includes('endswith') ? folded.lastIndexOf(plain) : folded.indexOf(plain);
    return at === -1 || plain === '' ? whole : pieces(value, [[at, at + plain.length]]);
  }
  return bySearch(value, wildcard(plain), ['i']) ?? whole;
}

/** Sigma's wildcards: an asterisk for anything, a question mark for one character. Those at the ends mark nothing. */
function wildcard(pattern: string): string {
  const inner = pattern.replace(/^\*+|\*+$/g, '');
  return inner
    .split(/([*?])/)
    .map((part) => ({ '*': '.*?', '?': '.' })[part] ?? escape(part))
    .join('');
}

function bySearch(value: string, expression: string, flags: string[]): Piece[] | null {
  try {
    const match = new RegExp(expression, `u${flags.includes('i') ? 'i' : ''}s`).exec(value);
    return match && match[0] !== '' ? pieces(value, [[match.index, match.index + match[0].length]]) : null;
  } catch {
    // The detector's regular expressions are not quite the browser's.
    return null;
  }
}
