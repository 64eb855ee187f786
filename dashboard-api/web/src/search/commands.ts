// Where a search's commands begin: at the first bar that is no part of a quotation or an expression.

export interface Parted {
  /** Which events. */
  events: string;
  /** What to make of them, from the first bar on; empty where nothing is to be made. */
  commands: string;
}

export function parted(q: string): Parted {
  let inside: '"' | '/' | null = null;
  for (let at = 0; at < q.length; at += 1) {
    const sign = q[at];
    if (inside !== null && sign === '\\') at += 1;
    else if (inside !== null) inside = sign === inside ? null : inside;
    else if (sign === '"') inside = '"';
    // An expression stands where a value does; elsewhere the sign is a part of a word.
    else if (sign === '/' && /[:~(,]\s*$/.test(q.slice(0, at)) && q.includes('/', at + 1)) inside = '/';
    else if (sign === '|') return { events: q.slice(0, at).trim(), commands: q.slice(at).trim() };
  }
  return { events: q.trim(), commands: '' };
}

/** A field's test for exactly this value, as the language writes it. */
export function test(field: string, value: string): string {
  if (value === '') return `missing(${field})`;
  const plain = /^[\p{L}\p{N}_][\p{L}\p{N}_./-]*$/u.test(value);
  return plain ? `${field}=${value}` : `${field}="${value.replace(/[\\"]/g, '\\$&')}"`;
}
