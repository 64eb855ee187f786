// Bangla and Latin digits: written by the reader's setting, read either way.

export type Digits = 'latin' | 'bangla';

const BANGLA_ZERO = 0x09e6;

/** Writes the ASCII digits of a text in Bangla. */
export function toBangla(text: string): string {
  return text.replace(/[0-9]/g, (digit) => String.fromCharCode(BANGLA_ZERO + Number(digit)));
}

/** Reads Bangla digits as ASCII; everything else stays. Used on whatever is typed into a field. */
export function toLatin(text: string): string {
  return text.replace(/[\u09e6-\u09ef]/g, (digit) => String(digit.charCodeAt(0) - BANGLA_ZERO));
}
